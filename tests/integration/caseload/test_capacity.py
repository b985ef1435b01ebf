"""A team's capacity over HTTP, from its own records: LiiTu's figures, and what if."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.ids import new_id
from tests.integration.caseload.conftest import Service, referral
from tests.integration.caseload.steps import codes, lead, record_absence

NOW = datetime.now(UTC)


async def capacity(service: Service, team: str, query: str = "", **headers: str) -> dict[str, Any]:
    path = f"/v1/teams/{team}/capacity{query}"
    answer = await service.http.get(path, headers=service.lead(team) | headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def add_cases(
    service: Service,
    team: str,
    worker: str,
    count: int,
    *,
    opened: float,
    closed: float | None = None,
) -> list[UUID]:
    """Cases of so many days ago, with nobody's referral."""
    ids = [new_id() for _ in range(count)]
    for case_id in ids:
        await service.execute(
            "INSERT INTO cases (id, client_ref, team, status, county, municipality, urgency,"
            " opened_at, contact_due_at, attempts, closed_at, version)"
            " VALUES ($1, $2, $3, $4, '09', '398', 'urgent', $5, $5, 0, $6, 2)",
            case_id,
            uuid4(),
            UUID(team),
            "support" if closed is None else "closed",
            NOW - timedelta(days=opened),
            None if closed is None else NOW - timedelta(days=closed),
        )
        await service.execute("INSERT INTO case_workers VALUES ($1, $2)", case_id, UUID(worker))
    return ids


async def add_visits(
    service: Service, cases: list[UUID], state: str, count: int, reason: str | None = None
) -> None:
    """Visits of the last weeks, in turn with each client."""
    for nth in range(count):
        at = NOW - timedelta(days=1 + nth % 60)
        await service.execute(
            "INSERT INTO visits (id, case_id, at, location, workers, professions, state, booked_at,"
            " held_at, cancelled_at, cancel_reason)"
            " VALUES ($1, $2, $3, 'home', '[]', '[]', $4, $3, $5, $6, $7)",
            new_id(),
            cases[nth % len(cases)],
            at,
            state,
            at if state == "kept" else None,
            at if state == "cancelled" else None,
            reason,
        )


async def test_eighteen_clients_met_weekly_keep_15_3_meetings_a_worker(service: Service) -> None:
    team = await service.team()
    worker = await service.worker(team)
    cases = await add_cases(service, team, worker, 18, opened=84)
    found = await capacity(service, team)
    assert codes(found["assumptions"])[0] == "usual_cancellations"
    assert found["meetings"]["kept_per_worker_week"] == 15.3
    assert found["meetings"]["held_per_week"] is None
    await add_visits(service, cases, "kept", 34)
    await add_visits(service, cases, "cancelled", 6, "illness")
    await add_visits(service, cases, "cancelled", 9, "case_closed")
    found = await capacity(service, team)
    assert codes(found["assumptions"]) == ["closings_by_service_days_target"]
    assert found["meetings"] == {
        "possible_per_week": 18.0,
        "cancelled_share": 0.15,
        "kept_per_week": 15.3,
        "kept_per_worker_week": 15.3,
        "held_per_week": 2.83,
        "days_between_meetings": 8.24,
    }
    assert (found["open_cases"], found["open_cases_per_worker"]) == (18, 18.0)
    assert (found["weighted_load"], found["capacity_points"]) == (18.0, 18.0)


async def test_the_figures_are_the_team_s_own(service: Service) -> None:
    team = await service.team(meetings_per_worker_week=10)
    worker = await service.worker(team, working_days=[1, 2, 3])
    away = await service.worker(team)
    await record_absence(service, away)
    cases = await add_cases(service, team, worker, 12, opened=84)
    await add_visits(service, cases, "kept", 12)
    await add_visits(service, cases, "cancelled", 12, "no_show")
    found = await capacity(service, team)
    assert (found["workers"], found["absent"], found["full_time_equivalent"]) == (2, 1, 0.6)
    assert found["capacity_points"] == 10.8
    assert found["meetings"]["possible_per_week"] == 6.0
    assert found["meetings"]["kept_per_worker_week"] == 5.0
    assert found["meetings"]["days_between_meetings"] == 28.0
    assert found["room_for_new_cases"] == 0


async def test_the_wait_follows_from_who_waits_and_what_ends(service: Service) -> None:
    team = await service.team()
    worker = await service.worker(team, capacity=1)
    await add_cases(service, team, worker, 1, opened=84)
    await add_cases(service, team, worker, 24, opened=80, closed=10)
    for nth in range(4):
        kind = "landlord" if nth else "prison"
        await service.take(referral(received_at=NOW - timedelta(days=2), source_kind=kind))
    found = await capacity(service, team)
    assert found["waiting"] == 4
    assert found["flow"]["closings_per_week"] == 2.0
    assert found["flow"]["projected_wait_days"] == 17.5
    assert found["flow"]["days_in_service"] == 3.5
    window = found["window"]
    begins = datetime.fromisoformat(window["begins"])
    assert datetime.fromisoformat(window["ends"]) - begins == timedelta(weeks=12)


async def test_what_one_more_worker_or_a_pause_would_change(service: Service) -> None:
    team = await service.team()
    worker = await service.worker(team, capacity=1)
    await add_cases(service, team, worker, 1, opened=84)
    await add_cases(service, team, worker, 12, opened=80, closed=10)
    for nth in range(30):
        kind = "landlord" if nth % 3 else "prison"
        await service.take(referral(received_at=NOW - timedelta(days=2), source_kind=kind))
    query = "?what_if=worker:+1&what_if=pause:landlord&what_if=meetings:%2B2"
    found = await capacity(service, team, query)
    more, paused, meetings = found["what_if"]
    assert [each["change"] for each in found["what_if"]] == [
        "worker:+1",
        "pause:landlord",
        "meetings:+2",
    ]
    assert more["flow"]["projected_wait_days"] < found["flow"]["projected_wait_days"]
    assert more["full_time_equivalent"] == 2.0
    assert codes(more["assumptions"])[-1] == "new_worker_full_time_at_guideline"
    gone = found["flow"]["arrivals_per_week"] - paused["flow"]["arrivals_per_week"]
    assert gone == pytest.approx(20 / 12, abs=0.01)
    later = "projected_wait_days_in_four_weeks"
    assert paused["flow"][later] < found["flow"][later]
    assert meetings["meetings"]["kept_per_worker_week"] == 17.0


async def test_a_team_that_has_just_begun_has_no_wait(service: Service) -> None:
    team = await service.team()
    await service.worker(team)
    await service.take(referral(received_at=NOW))
    found = await capacity(service, team, **{"Accept-Language": "sv"})
    assert found["flow"]["projected_wait_days"] == 0
    assert found["room_for_new_cases"] == 17
    assert found["flow"]["arrivals_per_week"] == 1.0
    assert "LiiTu-arbetet" in found["assumptions"][0]["text"]


async def test_a_wish_that_is_none_is_refused(service: Service) -> None:
    team = await service.team()
    path = f"/v1/teams/{team}/capacity?what_if=worker:lots"
    answer = await service.http.get(path, headers=service.admin())
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/query/what_if", "what_if_unknown")


async def test_another_team_s_capacity_is_not_there(service: Service) -> None:
    team, other = await service.team(), await service.team()
    path = f"/v1/teams/{team}/capacity"
    assert (await service.http.get(path, headers=lead(service, other))).status_code == 404
    headers = service.mint.headers("referrals:read")
    assert (await service.http.get(path, headers=headers)).status_code == 403
