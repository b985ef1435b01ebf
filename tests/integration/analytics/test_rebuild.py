"""The projections made anew beside the old ones: the same answers, to the byte."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from rich.console import Console
from sqlalchemy import text

from services.analytics.consumers import HANDLERS
from services.analytics.rebuild.__main__ import TOPICS, rebuild
from services.analytics.rebuild.beside import INPUTS, PROJECTED, SCHEMA
from services.analytics.rebuild.commands import RebuildFailed
from services.analytics.rebuild.sources import Archive, Batch, Source, log_of
from services.analytics.reports.catalogue import ReportName
from services.analytics.settings import Settings
from services.analytics.tables import Base
from shared import inbox, outbox, topics
from shared.contracts import EventData, topic_of
from shared.db import Database
from shared.messages import Received, identity_of
from shared.relay import Relay
from shared.settings import DatabaseSettings, KafkaSettings
from tests.integration.analytics.conftest import Service
from tests.integration.analytics.events import START, assigned
from tests.integration.analytics.test_any_order import some_events
from tests.support.databases import Databases
from tests.support.settings import settings_for

YEAR = {"from": "2022-01-01", "to": "2022-12-31"}
SILENT = Console(quiet=True)


class Region:
    """A service that learns events, and the outbox of who told them."""

    def __init__(self, service: Service, writer: Database, dsn: str) -> None:
        self.service = service
        self.writer = writer
        self.archive = Archive([dsn], TOPICS)

    async def tell(self, events: Sequence[EventData], *, learnt: bool = True) -> None:
        """Each event goes into the outbox, and into the service as its consumer applies it."""
        keyed = [(getattr(data, "client_ref", None) or data.aggregate_id, data) for data in events]
        messages = [outbox.message(data, key=key) for key, data in keyed]
        async with self.writer.sessions() as session, session.begin():
            await outbox.append(session, messages)
        if learnt:
            await self.learn(list(zip((m.event_id for m in messages), events, strict=True)))

    async def learn(self, told: Sequence[tuple[UUID, EventData]]) -> None:
        async with self.service.database.sessions() as session, session.begin():
            for event_id, data in told:
                place = {"topic": topic_of(type(data)), "partition": 0, "offset": 0}
                if await inbox.first_time(session, event_id, **place):
                    received = Received(event_id, "", data.occurred_at, None, data)
                    await HANDLERS[type(data)](session, received)

    async def rebuild(self, source: Source | None = None) -> None:
        settings = DatabaseSettings(database_url=self.service.settings.database_url)
        await rebuild(settings, source or self.archive, SILENT)

    async def answers(self) -> dict[str, bytes]:
        """Every report to the byte, without the moment in which it was asked for."""
        found = {}
        for name in ReportName:
            answer = await self.service.get(f"/v1/reports/{name}", **YEAR)
            assert answer.status_code == 200, answer.text
            found[str(name)] = re.sub(rb'"as_of":"[^"]+"', b"", answer.content)
        return found

    async def run(self, statement: str) -> Any:
        async with self.service.database.engine.begin() as connection:
            result = await connection.execute(text(statement))
            return result.all() if result.returns_rows else None


@pytest.fixture
async def region(
    service: Service, postgres: Databases, kafka: KafkaSettings
) -> AsyncIterator[Region]:
    address = await postgres.fresh("caseload")
    settings = settings_for(Settings, address, kafka=kafka)
    database = Database(settings)
    yield Region(service, database, settings.asyncpg_dsn)
    await database.close()


class Own:
    """Of a log that other tests write to as well, the events of this one."""

    def __init__(self, source: Source, event_ids: Collection[UUID]) -> None:
        self._source = source
        self._ids = set(event_ids)

    async def count(self) -> int | None:
        return await self._source.count()

    async def everything(self) -> AsyncIterator[Batch]:
        async for batch in self._source.everything():
            yield [record for record in batch if identity_of(record) in self._ids]

    async def these(self, event_ids: Collection[UUID]) -> AsyncIterator[Batch]:
        async for batch in self._source.these(event_ids):
            yield [record for record in batch if identity_of(record) in self._ids]


class Interrupted:
    """A source during whose reading something happens, once the first batch was applied."""

    def __init__(self, source: Source, happens: Callable[[], Any]) -> None:
        self._source = source
        self._happens = happens

    async def count(self) -> int | None:
        return await self._source.count()

    async def everything(self) -> AsyncIterator[Batch]:
        async for batch in self._source.everything():
            yield batch
            await self._happens()

    def these(self, event_ids: Collection[UUID]) -> AsyncIterator[Batch]:
        return self._source.these(event_ids)


async def put_inputs(service: Service) -> None:
    """Prices, costs and targets: people put them in, no event tells them."""
    headers = service.mint.headers("prices:write")
    source = {"source": "a price list"}
    for path, body in (
        ("prices/supported/2022", {"unit_price_eur": "9000.00"}),
        (f"service-costs/{uuid4()}/2022", {"cost_eur": "230000.00"}),
        ("targets/mobile-share/2021", {"share": 0.2}),
        ("targets/mobile-share/2031", {"share": 0.4}),
    ):
        put = await service.http.put(f"/v1/{path}", json=body | source, headers=headers)
        assert put.status_code == 201, put.text


async def test_every_answer_is_the_same_to_the_byte_and_what_was_corrupted_is_whole_again(
    region: Region,
) -> None:
    await put_inputs(region.service)
    await region.tell(some_events(random.Random(8)))
    before = await region.answers()
    await region.rebuild()
    assert await region.answers() == before
    await region.run("UPDATE case_facts SET opened_at = opened_at + interval '40 days'")
    await region.run("DELETE FROM visit_facts")
    assert await region.answers() != before
    await region.rebuild()
    assert await region.answers() == before


async def test_what_happens_meanwhile_is_neither_lost_nor_counted_twice(region: Region) -> None:
    await region.tell(some_events(random.Random(9)))
    clean = await region.service.data("client-flow")
    waiting = [assigned(uuid4(), uuid4(), START) for _ in range(3)]
    learnt = [assigned(uuid4(), uuid4(), START) for _ in range(4)]

    async def meanwhile() -> None:
        await region.tell(learnt)

    await region.tell(waiting, learnt=False)
    await region.rebuild(Interrupted(region.archive, meanwhile))
    flow = await region.service.data("client-flow")
    assert flow["distinct_clients"] == clean["distinct_clients"] + 7
    known = await region.run("SELECT event_id FROM inbox")
    told = [(row.event_id, data) for row, data in zip(known, waiting, strict=False)]
    await region.learn(told)
    assert await region.service.data("client-flow") == flow, "the inbox knows what was applied"


async def test_a_rebuild_that_breaks_off_leaves_the_old_one_and_the_next_begins_clean(
    region: Region,
) -> None:
    await region.tell(some_events(random.Random(10)))
    before = await region.answers()

    async def breaks() -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await region.rebuild(Interrupted(region.archive, breaks))
    assert await region.run(f"SELECT 1 FROM {SCHEMA}.case_facts LIMIT 1"), "it had begun"
    assert await region.answers() == before
    await region.run(f"UPDATE {SCHEMA}.case_facts SET team = NULL")
    await region.rebuild()
    assert await region.answers() == before
    assert not await region.run(f"SELECT 1 FROM pg_namespace WHERE nspname = '{SCHEMA}'")


async def test_without_an_event_that_the_reports_know_nothing_is_switched(region: Region) -> None:
    await region.tell(some_events(random.Random(11)))
    before = await region.answers()
    async with region.writer.engine.begin() as connection:
        await connection.execute(text("DELETE FROM outbox WHERE id % 9 = 0"))
    with pytest.raises(RebuildFailed, match="not there to be read"):
        await region.rebuild()
    assert await region.answers() == before


async def test_a_report_in_the_making_is_not_disturbed(region: Region) -> None:
    await region.tell(some_events(random.Random(12)))
    before = await region.answers()
    async with region.service.database.engine.begin() as reading:
        await reading.execute(text("SELECT count(*) FROM case_facts"))
        work = asyncio.create_task(region.rebuild())
        while not await region.run("SELECT 1 FROM pg_namespace WHERE nspname = 'analytics_next'"):
            await asyncio.sleep(0.01)
        assert await region.answers() == before
        assert not work.done()
    await work
    assert await region.answers() == before


@pytest.mark.kafka_too
async def test_the_topics_give_the_same_as_the_outboxes(
    region: Region, kafka: KafkaSettings
) -> None:
    await region.tell(some_events(random.Random(13)))
    before = await region.answers()
    settings = settings_for(Settings, region.writer.engine.url.render_as_string(False), kafka=kafka)
    await topics.create(kafka)
    relay = asyncio.create_task(Relay(settings).run())
    told = await region.run("SELECT event_id FROM inbox")
    async with log_of(kafka, TOPICS) as log:
        await region.rebuild(Own(log, [row.event_id for row in told]))
    relay.cancel()
    assert await region.answers() == before


def test_every_table_is_projected_or_put_in() -> None:
    projected = {table.name for table in PROJECTED}
    assert projected | INPUTS == set(Base.metadata.tables)
    assert {"prices", "service_costs", "mobile_targets"} == INPUTS
