"""Every read and every send about some clients is in their disclosure log, and nothing else is."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.support import fhir
from tests.support.bodies import referral_body
from tests.support.house import House, eventually
from tests.support.receiver import Receiver, receiving

pytestmark = pytest.mark.kafka_too

SETTLE_SECONDS = 3.0

Line = tuple[str, str, str]
"""Who (the caller's name), what (the action), about whom (client_ref)."""


@dataclass
class Ledger:
    """What was done about the clients of a test, noted by hand beside every call. A list may show
    a client before the test knows whose case it is waiting for: all are noted, theirs count."""

    house: House
    clients: set[str] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)

    @property
    def expected(self) -> Counter[Line]:
        """What the log of these clients must say."""
        return Counter(line for line in self.lines if line[2] in self.clients)

    def note(self, who: str, action: str, *about: str) -> None:
        """Somebody did something about these clients."""
        self.lines += [(who, action, client) for client in about]

    async def get(
        self, who: str, service: str, path: str, action: str, *about: str, **query: str
    ) -> httpx.Response:
        """A read that shows these clients."""
        answer = await self.house.get(who, service, path, **query)
        assert answer.status_code == 200, answer.text
        self.note(who, action, *about)
        return answer

    async def post(
        self, who: str, service: str, path: str, body: Any, action: str, *about: str, **headers: str
    ) -> httpx.Response:
        """A change, or a question, about these clients."""
        answer = await self.house.post(who, service, path, body, **headers)
        assert answer.status_code < 300, answer.text
        self.note(who, action, *about)
        return answer


async def refer_both(ledger: Ledger) -> dict[str, str]:
    """One client referred by REST, one by FHIR; the id of each referral and who sent it."""
    body = referral_body(client={"given_name": "Lokinen"}, external_id="log-1")
    rest = await ledger.house.post("prison", "referral", "/v1/referrals", body)
    other = referral_body(client={"given_name": "Toinen", "family_name": "Lokinen"})
    path = "/fhir/r4/ServiceRequest"
    taken = await ledger.house.post("ward", "referral", path, fhir.contained(other))
    assert (rest.status_code, taken.status_code) == (201, 201), taken.text
    return {"prison": rest.json()["id"], "ward": taken.json()["id"]}


async def wait_for_case(ledger: Ledger, who: str, referral_id: str) -> dict[str, Any]:
    """The case of a referral; every look at the list of cases is noted, also the futile ones."""

    async def look() -> dict[str, Any] | None:
        answer = await ledger.house.get("lead", "caseload", "/v1/cases", limit=200)
        cases: list[dict[str, Any]] = answer.json()["items"]
        ledger.note("lead", "case.read", *(case["client_ref"] for case in cases))
        return next((case for case in cases if referral_id in case["referral_ids"]), None)

    case = await eventually(look)
    ledger.clients.add(case["client_ref"])
    ledger.note(who, "referral.submit", case["client_ref"])
    return case


async def listen(house: House, receiver: Receiver) -> str:
    """Registers a webhook endpoint of the ward; where it can be removed again."""
    partner = house.stack.clients["ward"]["org"]
    path = f"/v1/partners/{partner}/webhooks"
    body = {"url": f"{receiver.url}/hook", "event_types": ["referral.status_changed"]}
    made = await house.post("ward", "referral", path, body)
    assert made.status_code == 201, made.text
    return f"{path}/{made.json()['id']}"


async def follow(ledger: Ledger, sent: dict[str, str], one: str, other: str) -> None:
    """The senders follow their referrals, by REST and by FHIR."""
    read = "referral.read"
    for _ in range(2):
        await ledger.get("prison", "referral", f"/v1/referrals/{sent['prison']}", read, one)
    await ledger.get("prison", "referral", "/v1/referrals", read, one, external_id="log-1")
    fhir_id = sent["ward"]
    await ledger.get("ward", "referral", f"/fhir/r4/ServiceRequest/{fhir_id}", read, other)
    await ledger.get("ward", "referral", f"/fhir/r4/Task/{fhir_id}", read, other)
    await ledger.get("ward", "referral", "/fhir/r4/Task", read, other, focus=fhir_id)


async def work(ledger: Ledger, case: dict[str, Any], client: str) -> None:
    """A team looks at a case and works on it."""
    path = f"/v1/cases/{case['id']}"
    read = await ledger.get("lead", "caseload", path, "case.read", client)
    await ledger.get("lead", "caseload", f"{path}/assignment", "case.read", client)
    await ledger.get("worker", "caseload", f"{path}/visits", "case.read", client)
    attempt = {"channel": "phone", "outcome": "reached", "at": datetime.now(UTC).isoformat()}
    done = await ledger.post(
        "lead",
        "caseload",
        f"{path}/contact-attempts",
        attempt,
        "case.contact_attempt",
        client,
        If_Match=read.headers["etag"],
    )
    assert done.status_code == 201
    worklist = await ledger.house.get("lead", "caseload", "/v1/worklist", worker=case["workers"][0])
    shown = {(i["case"], i["client_ref"]) for i in worklist.json()["items"]}
    ledger.note("lead", "case.read", *(ref for _, ref in shown))


async def permit(ledger: Ledger, client: str) -> httpx.Response:
    """The client lets health know what social care knows."""
    body = {
        "client_ref": client,
        "direction": "social_to_health",
        "scope": "general",
        "given_by": "client",
        "form": "paper_signed",
        "recorded_by": ledger.house.stack.clients["worker"]["worker"],
    }
    return await ledger.post("worker", "consent", "/v1/consents", body, "consent.give", client)


async def consent(ledger: Ledger, client: str) -> None:
    """A consent is given, looked at, asked about and taken back."""
    given = await permit(ledger, client)
    path = f"/v1/consents/{given.json()['id']}"
    listed = {"client_ref": client}
    await ledger.get("nurse", "consent", path, "consent.read", client)
    await ledger.get("nurse", "consent", "/v1/consents", "consent.list", client, **listed)
    question = {
        "client_ref": client,
        "requester": {"organisation": "1.2.246.10.1", "sector": "health"},
        "purpose": "care",
        "data_class": "joint_plan",
        "direction": "social_to_health",
    }
    for _ in range(3):
        await ledger.post("nurse", "consent", "/v1/decisions", question, "decision.made", client)
    revoke = f"{path}/revoke"
    etag = given.headers["etag"]
    await ledger.post("worker", "consent", revoke, {}, "consent.revoke", client, If_Match=etag)


async def document(ledger: Ledger, client: str) -> None:
    """A joint plan is written; both record systems fetch it, store it and confirm it."""
    await permit(ledger, client)
    plan = {
        "client_ref": client,
        "kind": "joint_plan",
        "written_in": "social",
        "content": "Sovittu.",
    }
    made = await ledger.post("worker", "consent", "/v1/documents", plan, "document.write", client)
    path = f"/v1/documents/{made.json()['id']}"

    async def stored_in_both() -> bool:
        shown = await ledger.get("nurse", "consent", path, "document.look", client)
        return bool(shown.json()["state"] == "stored_in_both")

    await eventually(stored_in_both)
    for record in ("lifecare-social", "lifecare-health"):
        ledger.note(record, "document.read", client)
        ledger.note(record, "document.receipt", client)
    listed = {"client_ref": client}
    await ledger.get("nurse", "consent", "/v1/documents", "document.look", client, **listed)


async def read_log(house: House, client: str) -> list[dict[str, Any]]:
    """A client's whole log."""
    items: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 200}
    while True:
        path = f"/v1/clients/{client}/disclosures"
        page = (await house.get("lead", "consent", path, **query)).json()
        items += page["items"]
        if page["next"] is None:
            return items
        query["cursor"] = page["next"]


def lines_of(items: Iterable[dict[str, Any]], *, system: bool = False) -> Counter[Line]:
    """What the log says that callers did, or the product itself; looks at the log left out."""
    return Counter(
        (item["who"]["client_id"], item["what"]["action"], item["client_ref"])
        for item in items
        if (item["who"]["kind"] == "system") == system
        and item["what"]["action"] != "disclosure.read"
    )


@dataclass
class Reader:
    """Who reads the logs of some clients, each look a line in them in its turn."""

    house: House
    clients: tuple[str, ...]
    looks: int = 0

    async def look(self) -> list[dict[str, Any]]:
        """All that is in them."""
        self.looks += 1
        return [item for client in self.clients for item in await read_log(self.house, client)]

    async def look_until(self, count: int) -> None:
        """Looks until so many lines are there that callers made."""

        async def told() -> bool:
            return lines_of(await self.look()).total() >= count

        await eventually(told)
        await asyncio.sleep(SETTLE_SECONDS)


async def live(ledger: Ledger) -> tuple[str, str, str]:
    """All that the test does about its two clients; who they are, and the second one's referral."""
    sent = await refer_both(ledger)
    mine = await wait_for_case(ledger, "prison", sent["prison"])
    theirs = await wait_for_case(ledger, "ward", sent["ward"])
    one, other = mine["client_ref"], theirs["client_ref"]
    await follow(ledger, sent, one, other)
    await work(ledger, theirs, other)
    await consent(ledger, one)
    await document(ledger, other)
    headers = ledger.house.headers("lead") | {"Purpose-Of-Use": "care"}
    url = f"{ledger.house.stack.urls['referral']}/v1/clients/{one}"
    assert (await ledger.house.http.get(url, headers=headers)).status_code == 200
    ledger.note("lead", "client.read", one)
    return one, other, sent["ward"]


async def wait_for_news(receiver: Receiver, status: str) -> None:
    """Waits until the endpoint was told this; what came before may have been left out."""

    async def told() -> bool:
        return any(message.status[0] == status for message in receiver.messages)

    await eventually(told)


async def test_every_read_and_every_send_is_in_the_log_once(house: House) -> None:
    ledger = Ledger(house)
    async with receiving() as reception:
        receiver = reception.receiver()
        endpoint = await listen(house, receiver)
        one, other, referral_id = await live(ledger)
        await wait_for_news(receiver, "in-progress")
        reader = Reader(house, (one, other))
        await reader.look_until(ledger.expected.total())
        sent = [message for message in receiver.messages if message.referral == referral_id]
        logged = await reader.look()
        url = house.stack.urls["referral"] + endpoint
        await house.http.delete(url, headers=house.headers("ward"))
    assert lines_of(logged) == ledger.expected
    told = lines_of(logged, system=True)
    assert told["webhook-sender", "referral.notify", other] == len(sent) > 0
    assert told["nopsa-consent", "document.announce", other] == 2, "to each of the records"
    looked = [item for item in logged if item["what"]["action"] == "disclosure.read"]
    assert len(looked) == 2 * (reader.looks - 1), "each look before this one, at each of the two"
    assert all(item["what"]["data_class"] != "other" for item in logged)
    proof = (await house.get("admin", "consent", "/v1/audit/verify")).json()
    assert proof["whole"], proof
    assert proof["rows"] >= len(logged)


async def test_the_log_loses_and_repeats_nothing_when_processes_are_killed(house: House) -> None:
    ledger = Ledger(house)
    body = referral_body(client={"given_name": "Sitkeä"})
    referral_id = await house.refer("prison", body)
    case = await wait_for_case(ledger, "prison", referral_id)
    client = case["client_ref"]
    path = f"/v1/cases/{case['id']}"
    for victim in ("caseload-worker", "consent-worker"):
        for _ in range(25):
            await ledger.get("lead", "caseload", path, "case.read", client)
        await asyncio.to_thread(house.stack.supervisor.kill, victim, hold=True)
        for _ in range(25):
            await ledger.get("lead", "caseload", path, "case.read", client)
        await asyncio.to_thread(house.stack.supervisor.start, victim)
    reader = Reader(house, (client,))
    await reader.look_until(ledger.expected.total())
    assert lines_of(await reader.look()) == ledger.expected
    assert (await house.get("admin", "consent", "/v1/audit/verify")).json()["whole"]
