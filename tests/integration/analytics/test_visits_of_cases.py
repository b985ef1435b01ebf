"""What a visit is counted under stands in its own row: it is what its case says, after any history
and with two consumers at work."""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.app import MIGRATIONS
from shared import migrations
from shared.contracts import EventData
from shared.contracts.case_life import VisitEvent, VisitKept
from shared.contracts.caseload import CaseAssigned
from shared.settings import DatabaseSettings
from tests.integration.analytics.conftest import Service, apply
from tests.integration.analytics.events import START, assigned
from tests.support.databases import Databases
from tests.support.random_past import some_past

KEYS = "day, team, county, municipality, location, state"
BY_ROW = f"""
    SELECT (scheduled_at AT TIME ZONE 'Europe/Helsinki')::date AS day,
        coalesce(team, case_team) AS team, county, municipality, location, state, count(*)
    FROM visit_facts GROUP BY {KEYS.replace("team", "coalesce(team, case_team)")}
"""
BY_CASE = f"""
    SELECT day, team, county, municipality, location, state, count(*)
    FROM (
        SELECT (visit.scheduled_at AT TIME ZONE 'Europe/Helsinki')::date AS day,
            coalesce(visit.team, cases.team) AS team, cases.county, cases.municipality,
            visit.location, visit.state
        FROM visit_facts AS visit LEFT JOIN case_facts AS cases USING (case_id)
    ) AS visits GROUP BY {KEYS}
"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = :db"


def some_history(chance: random.Random, cases: int) -> list[EventData]:
    """A past with what the case was told of anew, visits without a team of their own and visits
    that turned out to be another case's."""
    events = some_past(chance, cases).events
    known = [event.aggregate_id for event in events if isinstance(event, CaseAssigned)]
    later = [told for event in events for told in _told_anew(event, known, chance)]
    return [*events, *later]


def _told_anew(event: EventData, cases: Sequence[UUID], chance: random.Random) -> list[EventData]:
    if chance.random() < 0.5:
        return []
    version = {"version": event.version + 40}
    if isinstance(event, CaseAssigned):
        place = chance.choice([{"county": "04", "municipality": "684"}, {"team": uuid4()}])
        return [event.model_copy(update=version | place)]
    if isinstance(event, VisitEvent):
        change = chance.choice([{"team": None}, {"aggregate_id": chance.choice(cases)}])
        return [event.model_copy(update=version | change)]
    return []


async def counted(session: AsyncSession) -> tuple[list[Any], list[Any]]:
    """Visits by what their rows say, and by what their cases say."""
    by_row, by_case = [(await session.execute(text(each))).all() for each in (BY_ROW, BY_CASE)]
    return sorted(map(str, by_row)), sorted(map(str, by_case))


@given(seed=st.integers(0, 2**32), cases=st.integers(1, 12))
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_after_any_history_visits_are_counted_as_their_cases_say(
    service: Service, seed: int, cases: int
) -> None:
    chance = random.Random(seed)
    events = some_history(chance, cases)
    arriving = events + chance.sample(events, len(events) // 3)
    chance.shuffle(arriving)
    async with service.database.sessions() as session:
        await apply(session, arriving)
        by_row, by_case = await counted(session)
        await session.rollback()
    assert by_row == by_case
    assert by_row or not any(isinstance(event, VisitEvent) for event in events)


def kept(case_id: UUID) -> EventData:
    return VisitKept.model_validate(
        {
            "aggregate_id": case_id,
            "version": 3,
            "occurred_at": START,
            "client_ref": uuid4(),
            "referral_ids": [],
            "visit_id": uuid4(),
            "scheduled_at": START + timedelta(days=1),
            "location": "home",
            "workers": [],
            "professions": [],
        }
    )


@pytest.mark.parametrize("known", [False, True], ids=["new case", "known case"])
@pytest.mark.parametrize("first", ["visit", "case"])
async def test_a_visit_and_news_of_its_case_at_once_do_not_miss_each_other(
    service: Service, known: bool, first: str
) -> None:
    case_id = uuid4()
    if known:
        await service.deliver([assigned(case_id, uuid4(), START, version=1)])
    moved = assigned(case_id, uuid4(), START, county="04", municipality="684")
    events = [kept(case_id), moved] if first == "visit" else [moved, kept(case_id)]
    async with service.database.sessions() as session, session.begin():
        await apply(session, events[:1])
        other = asyncio.create_task(service.deliver(events[1:]))
        while not other.done() and not await _somebody_waits(service):
            await asyncio.sleep(0.005)
    await other
    async with service.database.sessions() as session:
        by_row, by_case = await counted(session)
        assert by_row == by_case
        assert "'04', '684'" in by_row[0]


async def _somebody_waits(service: Service) -> bool:
    async with service.database.engine.connect() as connection:
        name = {"db": service.database.engine.url.database}
        return bool(await connection.scalar(text(WAITING), name))


async def test_two_consumers_at_once_lose_no_visit(service: Service) -> None:
    chance = random.Random(5)
    events = some_history(chance, 12)
    chance.shuffle(events)

    async def consume(some: Sequence[EventData]) -> None:
        for event in some:
            await service.deliver([event])

    await asyncio.gather(consume(events[::2]), consume(events[1::2]))
    async with service.database.sessions() as session:
        by_row, by_case = await counted(session)
    assert by_row == by_case
    assert len(by_row) > 10


async def test_the_migration_fills_in_what_the_cases_say(postgres: Databases) -> None:
    settings = DatabaseSettings(database_url=SecretStr(await postgres.empty()))
    await migrations.upgrade(settings, MIGRATIONS, "0010")
    connection = await asyncpg.connect(settings.asyncpg_dsn)
    case_id, team = uuid4(), uuid4()
    await connection.execute(
        "INSERT INTO case_facts (case_id, client_ref, team, county, municipality) "
        "VALUES ($1, $2, $3, '04', '684')",
        *(case_id, uuid4(), team),
    )
    for case in (case_id, uuid4()):
        await connection.execute(
            "INSERT INTO visit_facts (visit_id, case_id, scheduled_at, location, state) "
            "VALUES ($1, $2, now(), 'home', 'kept')",
            *(uuid4(), case),
        )
    await migrations.upgrade(settings, MIGRATIONS)
    rows = await connection.fetch(
        "SELECT case_id, case_team, county, municipality FROM visit_facts"
    )
    await connection.close()
    told = {row["case_id"]: tuple(row)[1:] for row in rows}
    assert told.pop(case_id) == (team, "04", "684")
    assert list(told.values()) == [(None, None, None)]
