"""The line over HTTP: its order and why, who gets room when it appears, a lead's own order."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.caseload.assignment.sweeping import sweep_once
from shared.contracts.referral import ReferralReceived
from tests.integration.caseload.conftest import HOLLOLA, LAHTI, Service, referral
from tests.integration.caseload.steps import TODAY, change, codes, lead

NOW = datetime.now(UTC)


async def wait(service: Service, urgency: str = "routine", days: float = 1, **changes: Any) -> str:
    """Somebody comes whom nobody has room for; their client_ref."""
    data = referral(urgency=urgency, received_at=NOW - timedelta(days=days), **changes)
    return str((await service.take(data)).client_ref)


async def clients(service: Service, **query: str) -> list[str]:
    return [place["client_ref"] for place in await service.line(**query)]


async def place_of(service: Service, client: str) -> dict[str, Any]:
    return next(place for place in await service.line() if place["client_ref"] == client)


async def move(
    service: Service, team: str, client: str, body: dict[str, Any], **headers: str
) -> httpx.Response:
    place = await place_of(service, client)
    return await service.http.post(
        f"/v1/waitlist/{place['id']}/move",
        json={"reason": "agreed with the ward"} | body,
        headers=lead(service, team, **headers),
    )


async def test_room_is_given_in_the_order_that_is_shown(service: Service) -> None:
    team = await service.team()
    await service.worker(team, capacity=1)
    running = await service.take(referral())
    aged = await wait(service, days=15)
    released = await wait(service, days=0, leaves_institution_on=TODAY)
    plain = await wait(service, days=0)
    urgent = await wait(service, "urgent", days=1)
    immediate = await wait(service, "immediate", days=0)
    yesterday = await wait(service, days=2)
    expected = [immediate, aged, urgent, yesterday, released, plain]
    shown = await service.line(team=team)
    assert [place["client_ref"] for place in shown] == expected
    assert [place["rank"] for place in shown] == [1, 2, 3, 4, 5, 6]
    for nth, client in enumerate(expected):
        await service.close(await service.case_of(running))
        assert await clients(service) == expected[nth + 1 :]
        running = referral(client_ref=client)
        assert (await service.case_of(running))["status"] == "assigned"


async def test_a_rank_is_explained_in_the_caller_s_language(service: Service) -> None:
    team = await service.team()
    await wait(service, days=20, leaves_institution_on=TODAY + timedelta(days=3))
    texts = {}
    for language in ("fi", "sv", "en", "de"):
        headers = service.lead(team) | {"Accept-Language": language}
        answer = await service.http.get("/v1/waitlist", headers=headers)
        (place,) = answer.json()["items"]
        assert codes(place["why"]) == [
            "urgency_routine",
            "waited_long",
            "leaves_institution_soon",
            "longest_waiting_first",
        ]
        texts[answer.headers["Content-Language"]] = place["why"][1]["text"]
    assert texts == {
        "fi": "On odottanut pitkään ja rinnastetaan kiireelliseen.",
        "sv": "Har väntat länge och jämställs med brådskande.",
        "en": "Has waited long, and counts as urgent.",
    }


async def test_the_line_is_paged_in_its_order(service: Service) -> None:
    team = await service.team()
    for urgency in ("routine", "immediate", "urgent", "routine", "urgent"):
        await wait(service, urgency)
    whole = [(place["id"], place["rank"]) for place in await service.line(team=team)]
    found: list[tuple[str, int]] = []
    cursor: str | None = None
    for _ in range(3):
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        answer = await service.http.get("/v1/waitlist", params=query, headers=service.lead(team))
        found += [(place["id"], place["rank"]) for place in answer.json()["items"]]
        cursor = answer.json()["next"]
    assert (found, cursor) == (whole, None)


async def test_a_cursor_of_somebody_else_is_refused(service: Service) -> None:
    forged = base64.urlsafe_b64encode(b"\xff" * 61).decode()
    for cursor in ("x", "bm8=", "ä", "_" * 40, forged, "A" * 84):
        answer = await service.http.get(
            "/v1/waitlist", params={"cursor": cursor}, headers=service.admin()
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("way", ["capacity", "worker", "municipality"])
async def test_room_that_appears_goes_to_who_waits(service: Service, way: str) -> None:
    team = await service.team(municipalities=[LAHTI])
    worker = await service.worker(team, capacity=1)
    await service.take(referral())
    home = HOLLOLA if way == "municipality" else LAHTI
    waiting = referral(client_ref=await wait(service, municipality=home))
    if way == "capacity":
        await change(service, f"/v1/workers/{worker}", capacity_points=2)
    elif way == "worker":
        await service.worker(team)
    else:
        await service.worker(team)
        await change(service, f"/v1/teams/{team}", municipalities=[LAHTI, HOLLOLA])
    assert (await service.case_of(waiting))["team"] == team
    assert await service.line() == []


async def test_cases_that_taper_off_make_room(service: Service) -> None:
    worker = await service.worker(await service.team(), capacity=2)
    for _ in range(2):
        await service.take(referral())
    waiting = await wait(service)
    await service.execute("UPDATE cases SET status = 'tapering'")
    await sweep_once(service.database)
    assert (await service.case_of(referral(client_ref=waiting)))["workers"] == [worker]


async def test_a_newcomer_does_not_pass_by_who_waits(service: Service) -> None:
    worker = await service.worker(await service.team(), capacity=1)
    await service.take(referral())
    waiting = await wait(service)
    await service.execute("UPDATE workers SET capacity_points = 2 WHERE id = $1", worker)
    later = await service.take(referral(urgency="routine", received_at=NOW))
    assert await clients(service) == [str(later.client_ref)]
    assert (await service.case_of(referral(client_ref=waiting)))["workers"] == [worker]


async def test_a_newcomer_who_needs_help_sooner_gets_the_room(service: Service) -> None:
    worker = await service.worker(await service.team(), capacity=1)
    await service.take(referral())
    waiting = await wait(service)
    await service.execute("UPDATE workers SET capacity_points = 2 WHERE id = $1", worker)
    sooner = await service.take(referral(urgency="immediate", received_at=NOW))
    assert (await service.case_of(sooner))["workers"] == [worker]
    assert await clients(service) == [waiting]


async def test_another_team_that_serves_the_client_takes_them_when_it_has_room(
    service: Service,
) -> None:
    full, other = await service.team(), await service.team()
    waiting = await wait(service, wished_team=full)
    assert [place["team"] for place in await service.line()] == [full]
    worker = await service.worker(other)
    case = await service.case_of(referral(client_ref=waiting))
    assert (case["team"], case["workers"]) == (other, [worker])


async def test_whom_an_agreement_leaves_to_the_guidance_unit_waits_for_it(
    service: Service,
) -> None:
    unit = await service.team(municipalities=[], guidance_unit=True)
    await wait(service, redirect_reason="over_quota")
    await service.worker(await service.team())
    assert [place["team"] for place in await service.line()] == [unit]


# A lead's own order.


async def test_a_lead_moves_a_client_with_a_reason_that_is_kept_and_shown(
    service: Service,
) -> None:
    team = await service.team()
    first, second, third = [await wait(service, days=days) for days in (4, 3, 2)]
    moved = await move(service, team, third, {"to_front": True})
    assert (moved.status_code, moved.json()["rank"]) == (200, 1)
    assert codes(moved.json()["why"])[0] == "moved_by_lead"
    assert moved.json()["decisions"][0]["reason"] == "agreed with the ward"
    assert await clients(service, team=team) == [third, first, second]
    target = (await place_of(service, first))["id"]
    await move(service, team, second, {"before": target, "reason": "has children"})
    assert await clients(service) == [third, second, first]
    stored = await service.rows("SELECT reason, words_sealed FROM lead_decisions")
    assert all(row["reason"] is None and b"ward" not in row["words_sealed"] for row in stored)
    audited = await service.rows("SELECT count(*) FROM audit WHERE action = 'waitlist.move'")
    assert audited[0]["count"] == 2
    worker = await service.worker(team, capacity=1)
    assert (await service.case_of(referral(client_ref=third)))["workers"] == [worker]


async def test_the_same_move_again_is_answered_again_and_done_once(service: Service) -> None:
    team = await service.team()
    await wait(service, days=3)
    second = await wait(service, days=2)
    headers = {"Idempotency-Key": "move-1"}
    once = await move(service, team, second, {"to_front": True}, **headers)
    again = await move(service, team, second, {"to_front": True}, **headers)
    assert again.json() == once.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(await service.rows("SELECT 1 FROM lead_decisions")) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"before": str(uuid4())}, "place_unknown"),
        ({}, "before_or_to_front"),
        ({"before": str(uuid4()), "to_front": True}, "before_or_to_front"),
        ({"to_front": True, "reason": "ask testi@testi.example"}, "identifying_value"),
        ({"to_front": True, "reason": ""}, "string_too_short"),
    ],
)
async def test_a_move_that_cannot_be_is_refused(
    service: Service, body: dict[str, Any], code: str
) -> None:
    team = await service.team()
    answer = await move(service, team, await wait(service), body)
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == [code]


async def test_only_a_lead_moves_and_only_in_their_own_line(service: Service) -> None:
    team, other = await service.team(), await service.team(municipalities=[HOLLOLA])
    client = await wait(service)
    elsewhere = await wait(service, municipality=HOLLOLA)
    assert (await move(service, other, client, {"to_front": True})).status_code == 404
    target = (await place_of(service, elsewhere))["id"]
    answer = await move(service, team, client, {"before": target})
    assert answer.json()["errors"][0]["code"] == "place_unknown"
    path = f"/v1/waitlist/{(await place_of(service, client))['id']}/move"
    body = {"to_front": True, "reason": "x"}
    answer = await service.http.post(path, json=body, headers=service.lead(team))
    assert answer.status_code == 403


async def test_a_more_urgent_referral_undoes_a_lead_s_move(service: Service) -> None:
    team = await service.team()
    first, second = [await wait(service, days=days) for days in (3, 2)]
    target = (await place_of(service, second))["id"]
    await move(service, team, first, {"before": target})
    await service.take(referral(client_ref=second, urgency="urgent"))
    assert await clients(service) == [second, first]
    data: ReferralReceived = referral(client_ref=first, urgency="immediate")
    await service.take(data)
    assert await clients(service) == [first, second]
