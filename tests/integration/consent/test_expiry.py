"""What the clock does to consents, what overlaps, and the history of it all."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from services.consent.consents.expiring import expire_ended
from shared.db import Database
from tests.integration.consent.conftest import Service
from tests.integration.consent.office import Office

HOUR = timedelta(hours=1)


def from_now(time: timedelta) -> str:
    return (datetime.now(UTC) + time).isoformat()


async def past_consent(service: Service) -> dict[str, str]:
    given = await service.give(valid_from=from_now(-2 * HOUR), valid_to=from_now(-HOUR))
    assert given.status_code == 201, given.text
    return dict(given.json())


async def told(service: Service) -> list[str]:
    return [kind.split(".")[2] for kind, _, _ in await service.events()]


async def test_a_consent_whose_period_is_over_expires_and_it_is_told_once(
    service: Service,
) -> None:
    consent = await past_consent(service)
    lasting = (await service.give(valid_to=from_now(HOUR))).json()
    database = Database(service.settings)
    ended = await asyncio.gather(*(expire_ended(database) for _ in range(4)))
    assert sum(ended) == 1, "several event processes find it, one ends it"
    assert await expire_ended(database) == 0
    await database.close()
    assert await told(service) == ["given", "given", "expired"]
    [(_, key, data)] = [event for event in await service.events() if "expired" in event[0]]
    assert (key, data["aggregate_id"], data["version"]) == (
        consent["client_ref"],
        consent["id"],
        2,
    )
    states = await service.rows("SELECT id::text, status FROM consents")
    assert dict(map(tuple, states)) == {consent["id"]: "expired", lasting["id"]: "given"}


async def test_nobody_waits_for_the_sweep_to_see_that_a_consent_has_expired(
    service: Service,
) -> None:
    consent = await past_consent(service)
    assert consent["status"] == "expired"
    assert (await service.decide(consent["client_ref"])).json()["basis"] == "consent_expired"
    late = await service.revoke(consent["id"])
    assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")


async def test_what_was_told_on_a_consent_is_withdrawn_when_it_expires(service: Service) -> None:
    office = Office(service, str(uuid4()))
    consent = await office.permit(valid_to=from_now(HOUR))
    document = await office.write()
    database = Database(service.settings)
    assert await expire_ended(database, datetime.now(UTC) + 2 * HOUR) == 1
    await database.close()
    assert await office.words("health") == ["document-ready", "document-withdrawn"]
    assert (await office.read("health", document["id"])).status_code == 404
    assert (await office.read("social", document["id"])).status_code == 200
    assert consent["status"] == "given"


async def test_the_same_consent_is_not_given_twice_for_one_time(service: Service) -> None:
    client_ref = str(uuid4())
    first = (await service.give(client_ref=client_ref, valid_to=from_now(2 * HOUR))).json()
    again = await service.give(client_ref=client_ref, valid_from=from_now(HOUR))
    assert (again.status_code, again.json()["code"]) == (409, "consent_overlaps")
    following = await service.give(client_ref=client_ref, valid_from=first["valid_to"])
    other_way = await service.give(client_ref=client_ref, direction="health_to_social")
    narrower = {"targets": [{"organisation": "1.2.246.10.1", "data_classes": ["joint_plan"]}]}
    narrow = await service.give(client_ref=client_ref, scope=narrower)
    assert [made.status_code for made in (following, other_way, narrow)] == [201] * 3
    await service.revoke(first["id"])
    renewed = await service.give(client_ref=client_ref, valid_to=first["valid_to"])
    assert renewed.status_code == 201, "what was taken back is in nobody's way"


async def test_of_two_same_consents_at_once_one_is_given(service: Service) -> None:
    client_ref = str(uuid4())
    given = await asyncio.gather(*(service.give(client_ref=client_ref) for _ in range(4)))
    assert sorted(answer.status_code for answer in given) == [201, 409, 409, 409]


async def test_the_history_of_a_consent_says_what_became_of_it_and_who_did_it(
    service: Service,
) -> None:
    taken_back, expired = (await service.give()).json(), await past_consent(service)
    await service.revoke(taken_back["id"])
    database = Database(service.settings)
    await expire_ended(database)
    await database.close()

    async def history(consent_id: str) -> list[tuple[str, str, str | None]]:
        url = f"/v1/consents/{consent_id}/history"
        items = (await service.http.get(url, headers=service.caller())).json()["items"]
        assert [item["at"] for item in items] == sorted(item["at"] for item in items)
        return [(item["what"], item["by"], item["worker"]) for item in items]

    worker = taken_back["recorded_by"]
    assert await history(taken_back["id"]) == [
        ("given", "worker", worker),
        ("revoked", "worker", worker),
    ]
    assert await history(expired["id"]) == [
        ("given", "worker", worker),
        ("expired", "nopsa-consent", None),
    ]
    missing = await service.http.get(f"/v1/consents/{uuid4()}/history", headers=service.caller())
    assert missing.status_code == 404
