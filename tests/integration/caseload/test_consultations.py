"""Consultations over HTTP: anonymous or refused, and readable by the team that was asked."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx

from services.caseload import days
from tests.integration.caseload.conftest import Service

QUESTION = "Miten järjestän maksusuunnitelman, kun kirjeitä ei avata?"


def body(team: str, **changes: Any) -> dict[str, Any]:
    return {
        "team": team,
        "asked_by_kind": "health_centre",
        "topics": ["rent_arrears", "mental_health"],
        "text": QUESTION,
        "minutes": 20,
        "on": "2026-03-02",
    } | changes


async def post(service: Service, sent: dict[str, Any], **headers: str) -> httpx.Response:
    return await service.http.post(
        "/v1/consultations", json=sent, headers=service.admin() | headers
    )


async def test_a_consultation_is_kept_for_its_team_and_told_without_its_text(
    service: Service,
) -> None:
    team = await service.team()
    made = await post(service, body(team))
    assert made.status_code == 201, made.text
    assert "text" not in made.json()
    read = await service.http.get(made.headers["Location"], headers=service.lead(team))
    assert read.json() == body(team, topics=["mental_health", "rent_arrears"]) | {
        "id": made.json()["id"]
    }
    event = (await service.events())[-1]
    assert (event.type, event.key) == ("consultation.held", made.json()["id"])
    assert event.data == {
        "aggregate_id": made.json()["id"],
        "version": 1,
        "occurred_at": "2026-03-02T12:00:00Z",
        "team": team,
        "asked_by_kind": "health_centre",
        "topics": ["mental_health", "rent_arrears"],
        "minutes": 20,
        "held_on": "2026-03-02",
    }


async def test_a_text_that_tells_who_it_is_about_is_refused_and_kept_nowhere(
    service: Service,
) -> None:
    team = await service.team()
    for secret in ("010190-900P", "010190–900P", "040 123 4567", "+358401234567", "a.b@posti.fi"):
        refused = await post(service, body(team, text=f"Asiakas ({secret}) ei avaa ovea."))
        assert (refused.status_code, refused.json()["code"]) == (422, "identifying_value")
        (error,) = refused.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/text", "identifying_value")
        assert secret not in refused.text
    assert await service.rows("SELECT 1 FROM consultations") == []
    assert [e.type for e in await service.events()] == ["team.team-changed"]


async def test_the_text_is_nowhere_in_the_clear(service: Service) -> None:
    team = await service.team()
    await post(service, body(team), **{"Idempotency-Key": "asked-1"})
    for table in ("consultations", "idempotency", "outbox", "audit"):
        for row in await service.rows(f"SELECT {table}::text AS told FROM {table}"):
            assert "maksusuunnitelman" not in row["told"]
            assert b"maksusuunnitelman".hex() not in row["told"]


async def test_a_question_may_have_no_text(service: Service) -> None:
    team = await service.team()
    sent = body(team)
    del sent["text"]
    made = await post(service, sent)
    read = await service.http.get(made.headers["Location"], headers=service.admin())
    assert read.json()["text"] is None


async def test_the_same_request_again_is_held_once(service: Service) -> None:
    team = await service.team()
    first = await post(service, body(team), **{"Idempotency-Key": "k"})
    again = await post(service, body(team), **{"Idempotency-Key": "k"})
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(await service.rows("SELECT 1 FROM consultations")) == 1
    other = await post(service, body(team, minutes=21), **{"Idempotency-Key": "k"})
    assert other.json()["code"] == "idempotency_key_reused"


async def test_what_is_wrong_is_pointed_at(service: Service) -> None:
    good = body(await service.team())
    for change, pointer, code in (
        ({"on": "2199-01-01"}, "/on", "in_the_future"),
        ({"minutes": 0}, "/minutes", "greater_than_equal"),
        ({"topics": []}, "/topics", "too_short"),
        ({"topics": ["Matti"]}, "/topics/0", "enum"),
        ({"client": "x"}, "/client", "extra_forbidden"),
        ({"team": str(uuid4())}, "/team", "team_unknown"),
    ):
        refused = await post(service, good | change)
        assert refused.status_code == 422
        found = [(error["pointer"], error["code"]) for error in refused.json()["errors"]]
        assert found == [(pointer, code)]


async def test_a_consultation_today_is_told_as_of_now(service: Service) -> None:
    made = await post(service, body(await service.team(), on=str(days.today())))
    assert made.status_code == 201
    recorded = (await service.rows("SELECT recorded_at FROM consultations"))[0]["recorded_at"]
    told = datetime.fromisoformat((await service.events())[-1].data["occurred_at"])
    assert told <= recorded


async def test_a_team_reads_its_own_page_by_page_and_every_reading_is_logged(
    service: Service,
) -> None:
    team, other = await service.team(), await service.team()
    made = [(await post(service, body(team, minutes=n))).json()["id"] for n in (1, 2, 3)]
    theirs = await post(service, body(other))
    lead = service.lead(team)
    first = await service.http.get("/v1/consultations?limit=2", headers=lead)
    assert [item["id"] for item in first.json()["items"]] == [made[2], made[1]]
    rest = await service.http.get(
        "/v1/consultations", params={"cursor": first.json()["next"]}, headers=lead
    )
    assert [item["id"] for item in rest.json()["items"]] == [made[0]]
    assert (await service.http.get(theirs.headers["Location"], headers=lead)).status_code == 404
    written = await service.http.post("/v1/consultations", json=body(other), headers=lead)
    assert written.json()["errors"][0]["code"] == "team_unknown"
    rows = await service.rows("SELECT subject_id FROM audit WHERE action = 'consultation.read'")
    assert [str(row["subject_id"]) for row in rows] == [made[2], made[1], made[0]]
