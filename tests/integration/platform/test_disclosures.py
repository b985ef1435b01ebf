"""Every audit row of a client is told once, in the order of its client, whoever dies when."""

import asyncio
import json
import random
from collections import defaultdict
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.audit import Entry
from shared.auth import Caller
from shared.contracts.disclosure import Disclosed
from shared.disclosures import Teller
from shared.outbox import replay_all
from shared.telemetry import TRACER
from tests.support.happenings import Lab

WORKER = Caller("sub", "worker", frozenset(), org="team-1", worker="worker-1")


async def act(lab: Lab, *entries: Entry, caller: Caller = WORKER) -> None:
    """Does something that is logged, in a transaction of its own."""
    async with lab.database.sessions() as session, session.begin():
        await audit.record(session, caller, *entries)


def read_of(client_ref: UUID | None, **changes: Any) -> Entry:
    values: dict[str, Any] = {"subject_id": uuid4(), "client_ref": client_ref, "purpose": "care"}
    return Entry("case.read", "case", **(values | changes))


async def rows(lab: Lab, query: str) -> list[Any]:
    connection = await asyncpg.connect(lab.settings.asyncpg_dsn)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()


async def told(lab: Lab) -> list[Disclosed]:
    """What was told, in the order in which the relay sends it."""
    found = await rows(
        lab, "SELECT value FROM outbox WHERE topic = 'nopsa.disclosure.v1' ORDER BY id"
    )
    return [Disclosed.model_validate_json(row["value"]) for row in found]


async def tell_all(lab: Lab) -> int:
    """Tells until nothing waits; how many."""
    teller, count = Teller(lab.settings, lab.database), 0
    while batch := await teller.tell_next():
        count += batch
    return count


async def test_a_row_of_a_client_is_told_as_it_was_logged(lab: Lab) -> None:
    client, case = uuid4(), uuid4()
    with TRACER.start_as_current_span("act") as span:
        await act(lab, read_of(client, subject_id=case, basis="self"))
    trace = format(span.get_span_context().trace_id, "032x")
    assert await tell_all(lab) == 1
    (data,) = await told(lab)
    (row,) = await rows(lab, "SELECT * FROM audit")
    (sent,) = await rows(lab, "SELECT * FROM outbox")
    assert row["told_as"] == sent["event_id"] == data.aggregate_id
    assert sent["key"].decode() == str(client)
    assert data.model_dump(exclude={"aggregate_id"}, exclude_none=True) == {
        "version": 1,
        "occurred_at": row["at"],
        "client_ref": client,
        "service": lab.settings.service_name,
        "audit_id": row["id"],
        "actor": "worker",
        "org": "team-1",
        "worker": "worker-1",
        "action": "case.read",
        "subject_type": "case",
        "subject_id": case,
        "data_class": "case",
        "purpose": "care",
        "basis": "self",
        "trace_id": trace,
    }
    headers = dict(json.loads(sent["headers"]))
    assert headers["traceparent"].split("-")[1] == trace, "the trace of the act goes on"
    assert headers["traceparent"].endswith("-00"), "without a span for every row"


async def test_what_concerns_no_client_is_not_told(lab: Lab) -> None:
    await act(lab, read_of(None))
    assert await tell_all(lab) == 0
    assert await told(lab) == []


async def test_nothing_identifying_that_a_token_may_hold_is_told(lab: Lab) -> None:
    caller = Caller("s", "eero@example.org", frozenset(), org="240272-902S", worker="0401234567")
    await act(lab, read_of(uuid4()), caller=caller)
    await tell_all(lab)
    (data,) = await told(lab)
    assert (data.actor, data.org, data.worker) == ("***", "***", "***")


async def test_an_act_that_was_rolled_back_is_not_told(lab: Lab) -> None:
    async with lab.database.sessions() as session:
        await audit.record(session, WORKER, read_of(uuid4()))
        await session.rollback()
    assert await tell_all(lab) == 0


async def test_many_tellers_beside_many_readers_tell_each_row_once_and_in_order(lab: Lab) -> None:
    """Readers of one client come one after the other, as commands on one aggregate do."""
    clients = [uuid4() for _ in range(40)]
    turns = {client: asyncio.Lock() for client in clients}
    chance = random.Random(5)
    reading = asyncio.Event()

    async def reader() -> None:
        for client in chance.choices(clients, k=40):
            async with turns[client]:
                await act(lab, read_of(client), read_of(None), read_of(client))

    async def teller() -> None:
        telling = Teller(lab.settings, lab.database)
        while await telling.tell_next() or not reading.is_set():
            await asyncio.sleep(chance.random() / 100)

    tellers = [asyncio.create_task(teller()) for _ in range(5)]
    await asyncio.gather(*(reader() for _ in range(10)))
    reading.set()
    await asyncio.gather(*tellers)
    await tell_all(lab)
    disclosed = await told(lab)
    acts = await rows(lab, "SELECT id FROM audit WHERE client_ref IS NOT NULL ORDER BY id")
    assert sorted(data.audit_id for data in disclosed) == [row["id"] for row in acts]
    assert len({data.aggregate_id for data in disclosed}) == len(acts) == 800
    order: dict[UUID, list[int]] = defaultdict(list)
    for data in disclosed:
        order[data.client_ref].append(data.audit_id)
    assert all(ids == sorted(ids) for ids in order.values())


class Dying(Teller):
    """A teller whose process ends before its transaction does."""

    async def _tell(self, session: AsyncSession) -> int:
        await super()._tell(session)
        raise ConnectionError


async def test_a_teller_that_dies_before_its_commit_has_told_nothing(lab: Lab) -> None:
    await act(lab, *[read_of(uuid4()) for _ in range(20)])
    with pytest.raises(ConnectionError):
        await Dying(lab.settings, lab.database).tell_next()
    assert await told(lab) == []
    assert await tell_all(lab) == 20
    assert len({data.audit_id for data in await told(lab)}) == 20


async def test_a_row_is_told_again_only_under_the_id_it_was_told_under(lab: Lab) -> None:
    await act(lab, read_of(uuid4()))
    await tell_all(lab)
    await replay_all(lab.settings.asyncpg_dsn)
    assert await tell_all(lab) == 0
    (sent,) = await rows(lab, "SELECT event_id FROM outbox")
    (row,) = await rows(lab, "SELECT told_as FROM audit")
    assert sent["event_id"] == row["told_as"]
    assert row["told_as"].version == 7


async def test_the_rows_that_wait_are_found_by_their_own_index(lab: Lab) -> None:
    """However long the audit log grows, a look costs what waits, and mostly nothing does."""
    connection = await asyncpg.connect(lab.settings.asyncpg_dsn)
    await connection.execute(
        "INSERT INTO audit (action, subject_type, client_ref, actor, told_as) "
        "SELECT 'case.read', 'case', gen_random_uuid(), 'w', gen_random_uuid() "
        "FROM generate_series(1, 20000)"
    )
    await connection.execute("ANALYZE audit")
    plan = await connection.fetch(
        "EXPLAIN SELECT * FROM audit WHERE told_as IS NULL AND client_ref IS NOT NULL "
        "ORDER BY id LIMIT 500"
    )
    await connection.close()
    assert "audit_untold" in str(plan)
