"""A consent that is taken back, ends or no longer speaks reaches what was announced on it, also
what still waits in the outbox, and a reading that is under way at the same moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import ConsumerRecord
from prometheus_client import REGISTRY

from services.consent.documents.sweeping import end_outlived, measure, raise_overdue
from shared import topics
from shared.db import Database
from shared.messages import headers_of
from shared.relay import Relay
from tests.integration.consent.conftest import WORKER, Service
from tests.integration.consent.office import Office
from tests.integration.consent.test_persons import tell
from tests.support.happenings import running
from tests.support.persons import Whoiswho
from tests.support.topics import read_all

HEALTH = "nopsa.record.health.v1"


@pytest.fixture
def office(service: Service) -> Office:
    return Office(service, str(uuid4()))


@pytest.fixture
async def database(service: Service) -> AsyncIterator[Database]:
    opened = Database(service.settings)
    yield opened
    await opened.close()


@asynccontextmanager
async def held(office: Office, table: str) -> AsyncIterator[None]:
    """Nobody gets past this table meanwhile: whoever comes to it waits with the locks it has."""
    connection = await asyncpg.connect(office.service.settings.asyncpg_dsn)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def waiting(office: Office, count: int) -> None:
    """Returns once so many transactions wait for a lock."""
    question = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    async with asyncio.timeout(10):
        while (await office.service.rows(question))[0][0] < count:
            await asyncio.sleep(0.02)


async def test_revoked_between_announcement_and_reading(office: Office) -> None:
    consent = await office.permit()
    document = await office.write()
    await office.service.revoke(consent["id"])
    assert (await office.read("health", document["id"])).status_code == 404
    assert (await office.read("social", document["id"])).status_code == 200, "it wrote it"
    [_, (word, data)] = await office.told(HEALTH)
    assert (word, data["stored"], data["document_version"]) == ("document-withdrawn", False, 1)
    assert await office.state(document["id"]) == "withdrawn"
    assert await office.words("social") == ["document-ready"]


async def test_revoked_while_the_announcement_waits_in_the_outbox(office: Office) -> None:
    """The broker sees both events only afterwards: first that it is ready, then that it is
    withdrawn, and at no moment may it be read."""

    def mine(found: list[ConsumerRecord]) -> list[ConsumerRecord]:
        return [record for record in found if record.key == office.client_ref.encode()]

    await topics.create(office.service.settings.kafka)
    consent = await office.permit()
    document = await office.write()
    assert await unpublished(office) > 0
    await office.service.revoke(consent["id"])
    assert (await office.read("health", document["id"])).status_code == 404
    async with running(Relay(office.service.settings)):
        records = await read_all(
            office.service.settings.kafka, [HEALTH], enough=lambda found: len(mine(found)) == 2
        )
    words = [headers_of(record)["ce_type"].split(".")[-2] for record in mine(records)]
    assert words == ["document-ready", "document-withdrawn"]
    assert len({record.partition for record in mine(records)}) == 1
    assert (await office.read("health", document["id"])).status_code == 404


async def unpublished(office: Office) -> int:
    rows = await office.service.rows(
        "SELECT 1 FROM outbox JOIN outbox_queue ON outbox_id = id WHERE topic = $1", HEALTH
    )
    return len(rows)


async def test_a_reading_that_was_first_ends_and_the_revocation_follows_it(office: Office) -> None:
    consent = await office.permit()
    document = await office.write()
    async with held(office, "document_texts"):
        reading = asyncio.create_task(office.read("health", document["id"]))
        await waiting(office, 1)
        revoking = asyncio.create_task(office.service.revoke(consent["id"]))
        await waiting(office, 2)
    assert ((await reading).status_code, (await revoking).status_code) == (200, 200)
    assert await office.words("health") == ["document-ready", "document-withdrawn"]
    rows = await office.service.rows(
        "SELECT action FROM audit WHERE action IN ('document.read', 'document.withdraw') "
        "ORDER BY id"
    )
    assert [row["action"] for row in rows] == ["document.read", "document.withdraw"]
    assert (await office.read("health", document["id"])).status_code == 404


async def test_a_reading_that_comes_during_a_revocation_waits_and_finds_nothing(
    office: Office,
) -> None:
    consent = await office.permit()
    document = await office.write()
    async with held(office, "outbox"):
        revoking = asyncio.create_task(office.service.revoke(consent["id"]))
        await waiting(office, 1)
        reading = asyncio.create_task(office.read("health", document["id"]))
        await waiting(office, 2)
        assert not reading.done()
    assert ((await revoking).status_code, (await reading).status_code) == (200, 404)
    rows = await office.service.rows("SELECT 1 FROM audit WHERE action = 'document.read'")
    assert rows == []


async def test_a_document_written_during_a_revocation_is_told_to_nobody_else(
    office: Office,
) -> None:
    consent = await office.permit()
    async with held(office, "outbox"):
        revoking = asyncio.create_task(office.service.revoke(consent["id"]))
        await waiting(office, 1)
        writing = asyncio.create_task(office.write())
        await waiting(office, 2)
    await revoking
    document = await writing
    assert await office.words("health") == []
    assert document["told"]["health"] is None


async def test_a_revocation_during_a_writing_withdraws_what_is_just_written(
    office: Office,
) -> None:
    consent = await office.permit()
    async with held(office, "outbox"):
        writing = asyncio.create_task(office.write())
        await waiting(office, 1)
        revoking = asyncio.create_task(office.service.revoke(consent["id"]))
        await waiting(office, 2)
    document = await writing
    await revoking
    assert await office.words("health") == ["document-ready", "document-withdrawn"]
    assert await office.state(document["id"]) == "withdrawn"


async def test_what_was_stored_by_then_is_told_so_and_a_late_receipt_is_taken(
    office: Office,
) -> None:
    consent = await office.permit()
    stored, under_way = await office.write(), await office.write()
    await office.confirm("health", stored["id"])
    assert (await office.read("health", under_way["id"])).status_code == 200
    await office.service.revoke(consent["id"])
    withdrawn = [data for word, data in await office.told(HEALTH) if word == "document-withdrawn"]
    assert [(one["aggregate_id"], one["stored"]) for one in withdrawn] == [
        (stored["id"], True),
        (under_way["id"], False),
    ]
    late = await office.confirm("health", under_way["id"])
    assert late.status_code == 201
    await office.confirm("social", under_way["id"])
    shown = (await office.look(under_way["id"])).json()
    assert (shown["state"], shown["due_at"]) == ("withdrawn", None)
    assert shown["stored"]["health"]["record_id"] == "HEA-1"
    assert shown["told"]["health"]["withdrawn_at"] is not None


async def test_the_next_text_reaches_nobody_until_the_client_consents_again(
    office: Office,
) -> None:
    consent = await office.permit()
    document = await office.write()
    await office.service.revoke(consent["id"])
    await office.rewrite(document["id"])
    assert await office.words("health") == ["document-ready", "document-withdrawn"]
    await office.permit()
    assert (await office.read("health", document["id"])).status_code == 404, "not told of yet"
    again = await office.rewrite(document["id"])
    assert again["state"] == "pending"
    assert (await office.words("health"))[2:] == ["document-ready"]
    assert (await office.read("health", document["id"])).status_code == 200


async def test_another_consent_that_still_speaks_keeps_the_document_readable(
    office: Office,
) -> None:
    first = await office.permit()
    until = datetime.now(UTC) + timedelta(days=3)
    targets = [{"organisation": "health", "data_classes": ["joint_plan"]}]
    await office.permit(scope={"targets": targets}, valid_to=until.isoformat())
    document = await office.write()
    await office.service.revoke(first["id"])
    assert await office.words("health") == ["document-ready"]
    assert (await office.read("health", document["id"])).status_code == 200


async def test_the_end_of_a_consents_period_is_found_by_the_clock(
    office: Office, database: Database
) -> None:
    now = datetime.now(UTC)
    ends = now + timedelta(days=1)
    await office.permit(valid_to=ends.isoformat())
    document = await office.write()
    assert await end_outlived(database, now) == 0
    assert await office.words("health") == ["document-ready"]
    await asyncio.gather(*(end_outlived(database, ends) for _ in range(2)))
    assert await office.words("health") == ["document-ready", "document-withdrawn"]
    assert await office.state(document["id"]) == "withdrawn"
    assert await end_outlived(database, ends) == 0


async def test_a_reading_after_the_period_finds_nothing_also_before_the_clock_came_by(
    office: Office,
) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=1)
    await office.permit(valid_to=ends.isoformat())
    document = await office.write()
    assert (await office.read("health", document["id"])).status_code == 200
    await asyncio.sleep((ends - datetime.now(UTC)).total_seconds())
    assert (await office.read("health", document["id"])).status_code == 404


async def test_an_unlink_takes_back_what_the_other_refs_consent_permitted(
    office: Office,
) -> None:
    history, mine, other = Whoiswho(), UUID(office.client_ref), uuid4()
    await office.service.give(client_ref=str(other))
    await tell(office.service, history.link(mine, other))
    document = await office.write()
    assert await office.words("health") == ["document-ready"]
    await tell(office.service, history.unlink(mine))
    assert await office.words("health") == ["document-ready", "document-withdrawn"]
    assert (await office.read("health", document["id"])).status_code == 404


async def test_a_document_that_is_not_confirmed_in_time_is_told_once_whoever_looks(
    office: Office, database: Database
) -> None:
    await office.permit()
    documents = [await office.write() for _ in range(20)]
    for document in documents:
        await office.confirm("social", document["id"])
    whole = await office.write()
    for record in ("social", "health"):
        await office.confirm(record, whole["id"])
    late = datetime.now(UTC) + timedelta(hours=25)
    other = Database(office.service.settings)
    assert await raise_overdue(database, late - timedelta(hours=2)) == 0
    raised = await asyncio.gather(raise_overdue(database, late), raise_overdue(other, late))
    await other.close()
    assert (sum(raised), await raise_overdue(database, late)) == (20, 0)
    told = [data for word, data in await office.told("nopsa.record-status.v1") if word == "overdue"]
    assert {one["aggregate_id"] for one in told} == {one["id"] for one in documents}
    assert {tuple(one["missing"]) for one in told} == {("health",)}
    await measure(database)
    assert gauge("half_stored") == gauge("overdue") == 20
    await office.confirm("health", documents[0]["id"])
    await measure(database)
    assert gauge("half_stored") == gauge("overdue") == 19
    shown = (await office.look(documents[0]["id"])).json()
    assert shown["state"] == "stored_in_both"
    assert shown["overdue_at"] is not None, "it was late, and that stays told"


def gauge(state: str) -> Any:
    return REGISTRY.get_sample_value("nopsa_documents", {"state": state})


async def deny(office: Office, **changes: Any) -> None:
    body = {
        "client_ref": office.client_ref,
        "given_by": "client",
        "form": "oral_recorded",
        "recorded_by": WORKER,
    } | changes
    denied = await office.service.http.post(
        "/v1/denials", json=body, headers=office.service.caller()
    )
    assert denied.status_code == 201, denied.text


@pytest.mark.parametrize("kind", ["joint_plan", "consent_form"])
async def test_a_denial_withdraws_what_a_consent_still_permits(office: Office, kind: str) -> None:
    await office.permit()
    document = await office.write(kind=kind)
    await deny(office, direction="social_to_health")
    assert await office.words("health") == ["document-ready", "document-withdrawn"]
    assert (await office.read("health", document["id"])).status_code == 404
    await office.write(kind=kind)
    assert len(await office.words("health")) == 2


async def test_a_denial_of_the_form_alone_keeps_the_form_and_lets_the_plan_go(
    office: Office,
) -> None:
    targets = [{"organisation": "health", "data_classes": ["joint_plan", "consent_form"]}]
    await office.permit(scope={"targets": targets})
    await deny(office, data_classes=["consent_form"])
    await office.write(kind="consent_form")
    assert await office.words("health") == []
    await office.write(kind="joint_plan")
    assert await office.words("health") == ["document-ready"]


async def test_a_link_brings_the_denial_of_the_other_ref(office: Office) -> None:
    history, mine, other = Whoiswho(), UUID(office.client_ref), uuid4()
    await deny(Office(office.service, str(other)))
    await office.permit()
    document = await office.write()
    await tell(office.service, history.link(mine, other))
    assert await office.words("health") == ["document-ready", "document-withdrawn"]
    await tell(office.service, history.unlink(mine))
    assert await office.state(document["id"]) == "withdrawn", "until it is written anew"
    await office.rewrite(document["id"])
    assert (await office.read("health", document["id"])).status_code == 200
