"""A client who is asked for consent and says no: recorded, looked up, told."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.consent.conftest import WORKER, Service
from tests.support.bodies import new_key


def body(**changes: Any) -> dict[str, Any]:
    said = {"given_by": "client", "form": "oral_recorded", "recorded_by": WORKER}
    return {"client_ref": str(uuid4())} | said | changes


async def test_a_refusal_is_stored_told_logged_and_repeated_once(service: Service) -> None:
    sent, headers = body(), service.caller() | new_key()
    first = await service.http.post("/v1/refusals", json=sent, headers=headers)
    again = await service.http.post("/v1/refusals", json=sent, headers=headers)
    assert (first.status_code, again.text) == (201, first.text)
    read = await service.http.get(first.headers["location"], headers=service.caller())
    listed = await service.http.get(
        f"/v1/refusals?client_ref={sent['client_ref']}", headers=service.caller()
    )
    assert read.json() == first.json() == listed.json()["items"][0]
    [(kind, key, told)] = await service.events()
    assert (kind, key) == ("nopsa.consent.refused.v1", sent["client_ref"])
    assert told["refused_at"] == first.json()["refused_at"]
    logged = await service.rows("SELECT action FROM audit ORDER BY id")
    assert [row["action"] for row in logged] == ["refusal.record", "refusal.read", "refusal.list"]


async def test_a_refusal_forbids_nothing_that_a_consent_permits(service: Service) -> None:
    client_ref = (await service.give()).json()["client_ref"]
    sent = body(client_ref=client_ref)
    said = await service.http.post("/v1/refusals", json=sent, headers=service.caller())
    assert said.status_code == 201
    assert (await service.decide(client_ref)).json()["decision"] == "permit"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"refused_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}, "/refused_at"),
        ({"refused_at": (datetime.now(UTC) - timedelta(days=31)).isoformat()}, "/refused_at"),
        ({"recorded_by": str(uuid4())}, "/recorded_by"),
        ({"form": "shouted"}, "/form"),
    ],
    ids=["to come", "long ago", "another's name", "unknown form"],
)
async def test_a_refusal_that_cannot_be_is_refused(
    service: Service, changes: dict[str, Any], pointer: str
) -> None:
    sent = body(**changes)
    answer = await service.http.post("/v1/refusals", json=sent, headers=service.caller())
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not await service.events()
