"""A client of two refs: while they are linked, what is said under either speaks for both."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from services.consent.consumers import HANDLERS
from shared.contracts.referral import PersonsJoined
from shared.db import Database
from shared.ids import new_id
from shared.messages import Received
from tests.integration.consent.conftest import WORKER, Service
from tests.support.persons import Whoiswho

ONE, OTHER = uuid4(), uuid4()


@pytest.fixture
def history() -> Whoiswho:
    return Whoiswho()


async def tell(service: Service, *events: PersonsJoined) -> None:
    """Gives events to the service's handlers, as its consumer would."""
    database = Database(service.settings)
    for data in events:
        async with database.sessions() as session, session.begin():
            received = Received(new_id(), "", data.occurred_at, None, data)
            await HANDLERS[type(data)](session, received)
    await database.close()


async def basis(service: Service, client_ref: UUID, **changes: Any) -> str:
    return str((await service.decide(str(client_ref), **changes)).json()["basis"])


async def test_a_consent_speaks_for_both_refs_until_they_are_unlinked(
    service: Service, history: Whoiswho
) -> None:
    consent = (await service.give(client_ref=str(ONE))).json()
    assert await basis(service, OTHER) == "no_consent"
    await tell(service, history.link(ONE, OTHER))
    assert (await service.decide(str(OTHER))).json()["consent_id"] == consent["id"]
    assert await basis(service, ONE) == "consent"
    await tell(service, history.unlink(ONE), history.told[0])
    assert await basis(service, OTHER) == "no_consent", "also after a late repeat of the link"
    assert await basis(service, ONE) == "consent"


async def test_what_was_said_while_they_were_linked_stays_with_the_ref_it_was_said_under(
    service: Service, history: Whoiswho
) -> None:
    await tell(service, history.link(ONE, OTHER))
    mine = (await service.give(client_ref=str(ONE))).json()
    await service.give(client_ref=str(OTHER), direction="health_to_social")
    assert len(await listed(service, ONE)) == len(await listed(service, OTHER)) == 2
    await tell(service, history.unlink(ONE))
    assert await listed(service, ONE) == [mine["id"]]
    assert await basis(service, OTHER) == "no_consent"


async def test_a_consent_taken_back_under_one_ref_permits_nothing_under_the_other(
    service: Service, history: Whoiswho
) -> None:
    consent = (await service.give(client_ref=str(ONE))).json()
    await tell(service, history.link(ONE, OTHER))
    await service.revoke(consent["id"])
    assert await basis(service, OTHER) == "consent_revoked"


async def test_a_merged_client_is_one_for_good_and_a_chain_of_refs_is_one(
    service: Service, history: Whoiswho
) -> None:
    last = uuid4()
    await service.give(client_ref=str(ONE))
    await tell(service, history.merge(OTHER, last), history.link(ONE, OTHER))
    assert await basis(service, last) == "consent"
    await tell(service, history.unlink(ONE))
    assert await basis(service, last) == "no_consent"


async def test_a_denial_under_one_ref_binds_under_the_other_until_they_are_unlinked(
    service: Service, history: Whoiswho
) -> None:
    await service.give(client_ref=str(ONE))
    await service.deny(client_ref=str(OTHER))
    assert await basis(service, ONE) == "consent"
    await tell(service, history.link(ONE, OTHER))
    assert await basis(service, ONE) == "denied"
    await tell(service, history.unlink(ONE))
    assert await basis(service, ONE) == "consent"
    assert await basis(service, OTHER) == "denied"


async def test_the_same_consent_under_another_ref_of_the_person_overlaps(
    service: Service, history: Whoiswho
) -> None:
    await service.give(client_ref=str(ONE))
    await tell(service, history.link(ONE, OTHER))
    again = await service.give(client_ref=str(OTHER))
    assert (again.status_code, again.json()["code"]) == (409, "consent_overlaps")


async def test_a_look_at_a_linked_clients_consents_is_logged_under_each_ref(
    service: Service, history: Whoiswho
) -> None:
    await tell(service, history.link(ONE, OTHER))
    await listed(service, ONE)
    headers, query = service.caller(), {"client_ref": str(ONE)}
    await service.http.get("/v1/denials", params=query, headers=headers)
    rows = await service.rows("SELECT action, client_ref FROM audit ORDER BY id")
    both = sorted([ONE, OTHER])
    assert [(row["action"], row["client_ref"]) for row in rows] == [
        *(("consent.list", ref) for ref in both),
        *(("denial.list", ref) for ref in both),
    ]


async def listed(service: Service, client_ref: UUID) -> list[str]:
    query = {"client_ref": str(client_ref)}
    answer = await service.http.get("/v1/consents", params=query, headers=service.caller())
    return [item["id"] for item in answer.json()["items"]]


async def test_a_denial_under_either_ref_wins_while_they_are_linked(
    service: Service, history: Whoiswho
) -> None:
    await service.give(client_ref=str(ONE))
    denial = {
        "client_ref": str(OTHER),
        "given_by": "client",
        "form": "oral_recorded",
        "recorded_by": WORKER,
    }
    denied = await service.http.post("/v1/denials", json=denial, headers=service.caller())
    assert denied.status_code == 201, denied.text
    assert await basis(service, ONE) == "consent"
    await tell(service, history.link(OTHER, ONE))
    assert [await basis(service, ref) for ref in (ONE, OTHER)] == ["denied", "denied"]
    await tell(service, history.unlink(OTHER))
    assert [await basis(service, ref) for ref in (ONE, OTHER)] == ["consent", "denied"]
