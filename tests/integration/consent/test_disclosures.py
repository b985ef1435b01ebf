"""A client's disclosure log: who, what, when and why, in words; and as FHIR."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle

from services.consent.consumers import HANDLERS
from shared.contracts.disclosure import Disclosed
from shared.db import Database
from shared.disclosures import Teller
from shared.ids import new_id
from shared.messages import Received
from tests.integration.consent.conftest import Service
from tests.support.disclosures import BEGAN, TEAM, WORKER, disclosed, note
from tests.support.persons import Whoiswho

PARTNER = "01980000-0000-7000-8000-000000000101"


@pytest.fixture
async def database(service: Service) -> AsyncIterator[Database]:
    opened = Database(service.settings)
    yield opened
    await opened.close()


async def ask(service: Service, client_ref: UUID, /, **query: Any) -> httpx.Response:
    headers = service.caller("disclosures:read", client_id="lead", worker=None, org=TEAM)
    language = query.pop("language", "fi")
    accept = {"Accept": query.pop("accept", "application/json"), "Accept-Language": language}
    return await service.http.get(
        f"/v1/clients/{client_ref}/disclosures", params=query, headers=headers | accept
    )


async def texts(service: Service, client_ref: UUID, language: str) -> list[str]:
    return [i["text"] for i in (await ask(service, client_ref, language=language)).json()["items"]]


async def test_a_use_is_told_with_who_what_when_and_why(
    service: Service, database: Database
) -> None:
    client = uuid4()
    data = disclosed(client)
    await note(database, data, disclosed(uuid4()))
    answer = await ask(service, client)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-language"] == "fi"
    assert answer.json() == {
        "items": [
            {
                "id": str(data.aggregate_id),
                "number": 1,
                "at": "2026-11-23T07:15:00Z",
                "client_ref": str(client),
                "service": "caseload",
                "who": {
                    "kind": "worker",
                    "text": "työntekijä",
                    "client_id": "worker",
                    "organisation": TEAM,
                    "worker": WORKER,
                },
                "receiver": None,
                "what": {
                    "act": "read",
                    "data_class": "case",
                    "text": "asiakkuutesi tietoja",
                    "action": "case.read",
                    "subject_type": "case",
                    "subject_id": str(data.subject_id),
                },
                "why": {
                    "purpose": "care",
                    "purpose_text": "hoito ja palvelu",
                    "basis": None,
                    "basis_text": None,
                },
                "text": f"23.11.2026 klo 9.15: työntekijä ({WORKER}) katsoi asiakkuutesi tietoja. "
                "Tarkoitus: hoito ja palvelu.",
            }
        ],
        "next": None,
    }


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "fi",
            "23.11.2026 klo 9.15: palvelu itse lähetti eteenpäin sinua koskevan ohjauksen tietoja. "
            f"Saaja: {PARTNER}. Tarkoitus: palvelujen yhteensovittaminen. Peruste: suostumuksesi.",
        ),
        (
            "sv-FI",
            "23.11.2026 kl. 9.15: tjänsten själv sände vidare uppgifter i en remiss som gäller dig."
            f" Mottagare: {PARTNER}. Ändamål: samordning av service. Grund: ditt samtycke.",
        ),
        (
            "en",
            "23 November 2026 at 9:15: the service itself sent on details of a referral about you. "
            f"Receiver: {PARTNER}. Purpose: coordination of services. Basis: your consent.",
        ),
    ],
)
async def test_what_was_sent_to_a_partner_is_told_in_the_clients_language(
    service: Service, database: Database, language: str, text: str
) -> None:
    client = uuid4()
    sent: dict[str, Any] = {
        "actor": "webhook-sender",
        "org": PARTNER,
        "worker": None,
        "service": "referral",
    }
    why: dict[str, Any] = {"purpose": "coordination", "basis": "consent"}
    what: dict[str, Any] = {
        "action": "referral.notify",
        "subject_type": "referral",
        "data_class": "referral",
    }
    await note(database, disclosed(client, **sent, **what, **why))
    assert await texts(service, client, language) == [text]


async def test_pages_go_from_the_newest_act_to_the_oldest_whatever_came_in_first(
    service: Service, database: Database
) -> None:
    client = uuid4()
    minutes = [3, 0, 4, 1, 2]
    await note(database, *[disclosed(client, minute) for minute in minutes])
    seen, cursor = [], None
    while True:
        page = (
            await ask(service, client, limit=2, **({"cursor": cursor} if cursor else {}))
        ).json()
        seen += [item["at"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5


async def test_an_event_that_comes_again_is_in_the_log_once(
    service: Service, database: Database
) -> None:
    client = uuid4()
    data = disclosed(client)
    await note(database, data, disclosed(client, 1), data)
    assert len((await ask(service, client)).json()["items"]) == 2
    assert [row["number"] for row in await service.rows("SELECT number FROM disclosures")] == [1, 2]


async def test_many_at_once_make_one_chain(service: Service, database: Database) -> None:
    client = uuid4()
    told = [disclosed(client, minute) for minute in range(40)]
    await asyncio.gather(*(note(database, *told[n::8]) for n in range(8)))
    proof = await service.http.get("/v1/audit/verify", headers=service.caller("audit:read"))
    assert (proof.json()["whole"], proof.json()["checked"]) == (True, 40)


async def test_the_log_of_a_linked_person_is_that_of_all_their_refs(
    service: Service, database: Database
) -> None:
    one, other = uuid4(), uuid4()
    await note(database, disclosed(one, 1), disclosed(other, 2))
    history = Whoiswho()
    for data in (history.link(one, other), history.unlink(one)):
        async with database.sessions() as session, session.begin():
            event = Received(new_id(), "", data.occurred_at, None, data)
            await HANDLERS[type(data)](session, event)
        shown = [i["client_ref"] for i in (await ask(service, one)).json()["items"]]
        together = type(data).__name__ == "ClientLinked"
        assert shown == ([str(other), str(one)] if together else [str(one)])


async def test_reading_the_log_is_in_the_log(service: Service, database: Database) -> None:
    client = uuid4()
    assert (await ask(service, client)).json() == {"items": [], "next": None}
    await Teller(service.settings, database).tell_next()
    (event,) = [data for kind, _, data in await service.events() if "disclosed" in kind]
    await note(database, Disclosed.model_validate(event))
    (item,) = (await ask(service, client)).json()["items"]
    assert item["what"]["action"] == "disclosure.read"
    assert item["who"]["organisation"] == TEAM
    assert "tätä luetteloa" in item["text"]


async def test_a_code_without_words_stands_for_itself(service: Service, database: Database) -> None:
    client = uuid4()
    await note(
        database, disclosed(client, action="new.thing", data_class="other", basis="x", worker=None)
    )
    (item,) = (await ask(service, client, language="en")).json()["items"]
    assert item["why"]["basis"] == "x"
    assert item["why"]["basis_text"] is None
    assert f"an organisation ({TEAM}) recorded or changed other details" in item["text"]


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/v1/clients/01980000-0000-7000-8000-000000000901/disclosures", "audit:read"),
        ("/v1/audit/verify", "disclosures:read"),
    ],
)
async def test_each_needs_its_own_scope(service: Service, path: str, scope: str) -> None:
    assert (await service.http.get(path, headers=service.caller(scope))).status_code == 403


async def fhir_of(service: Service, client: UUID, **query: Any) -> dict[str, Any]:
    answer = await ask(service, client, accept="application/fhir+json", **query)
    assert answer.headers["content-type"] == "application/fhir+json"
    Bundle.model_validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    return found


async def test_a_look_is_an_audit_event_in_fhir(service: Service, database: Database) -> None:
    client = uuid4()
    data = disclosed(client)
    await note(database, data)
    (entry,) = (await fhir_of(service, client, language="en"))["entry"]
    event = entry["resource"]
    assert (event["resourceType"], event["id"]) == ("AuditEvent", str(data.aggregate_id))
    assert event["action"] == "R"
    assert event["recorded"].startswith("2026-11-23T07:15:00")
    assert event["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT"
    worker, team = event["agent"]
    assert (worker["who"]["identifier"]["value"], worker["requestor"]) == (WORKER, True)
    assert (team["who"]["identifier"]["value"], team["requestor"]) == (TEAM, False)
    person, case = event["entity"]
    assert person["what"]["identifier"]["value"] == str(client)
    assert case["what"]["identifier"]["value"] == str(data.subject_id)
    assert "a worker" in person["description"]


async def test_what_was_sent_has_a_provenance_too(service: Service, database: Database) -> None:
    client = uuid4()
    sent = disclosed(
        client, actor="webhook-sender", org=PARTNER, worker=None, action="referral.notify"
    )
    await note(database, sent, disclosed(client, 1, action="visit.book"))
    bundle = await fhir_of(service, client)
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert kinds == ["AuditEvent", "Provenance"] * 2
    resources = [entry["resource"] for entry in bundle["entry"]]
    assert resources[0]["action"] == "U"
    receiver = resources[2]["agent"][1]
    assert (receiver["who"]["identifier"]["value"], receiver["requestor"]) == (PARTNER, False)
    assert resources[3]["target"][0]["identifier"]["value"] == str(sent.subject_id)
    assert len({entry["fullUrl"] for entry in bundle["entry"]}) == 4


async def test_a_bundle_leads_to_the_next_page(service: Service, database: Database) -> None:
    client = uuid4()
    await note(database, *[disclosed(client, minute) for minute in range(3)])
    first = await fhir_of(service, client, limit=2)
    links = {link["relation"]: link["url"] for link in first["link"]}
    headers = service.caller("disclosures:read") | {"Accept": "application/fhir+json"}
    second = (await service.http.get(links["next"], headers=headers)).json()
    assert [entry["resource"]["recorded"][:16] for entry in second["entry"]] == [
        BEGAN.isoformat()[:16]
    ]
    assert "next" not in {link["relation"] for link in second["link"]}
