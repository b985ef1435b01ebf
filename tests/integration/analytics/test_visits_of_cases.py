"""What a visit, a goal, a reading or a handover is counted under stands in its own row: it is what
its case says, after any history and with two consumers at work. So does which visit was before.
"""

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
FACTS = ("visit_facts", "goal_facts", "motivation_facts", "housing_facts", "handover_facts")
STRAYED = """
    SELECT count(*) FROM {table} AS fact LEFT JOIN case_facts AS cases USING (case_id)
    WHERE (fact.case_team, fact.county, fact.municipality)
        IS DISTINCT FROM (cases.team, cases.county, cases.municipality)
"""
VISIT_BEFORE = """
    SELECT max(earlier.scheduled_at) FROM visit_facts AS earlier
    WHERE visit.state = 'kept' AND earlier.state = 'kept' AND earlier.case_id = visit.case_id
        AND (earlier.scheduled_at, earlier.visit_id) < (visit.scheduled_at, visit.visit_id)
"""
OF_ITS_TEAM = """
    AND coalesce(earlier.team, earlier.case_team)
        IS NOT DISTINCT FROM coalesce(visit.team, visit.case_team)
"""
MISCOUNTED = f"""
    SELECT count(*) FROM visit_facts AS visit
    WHERE (kept_before, team_kept_before)
        IS DISTINCT FROM (({VISIT_BEFORE}), ({VISIT_BEFORE} {OF_ITS_TEAM}))
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
        later = {"scheduled_at": event.scheduled_at + timedelta(days=chance.randrange(-30, 30))}
        change = chance.choice([{"team": None}, {"aggregate_id": chance.choice(cases)}, later])
        return [event.model_copy(update=version | change)]
    return []


async def counted(session: AsyncSession) -> tuple[list[Any], list[Any]]:
    """Visits by what their rows say, and by what their cases say."""
    by_row, by_case = [(await session.execute(text(each))).all() for each in (BY_ROW, BY_CASE)]
    return sorted(map(str, by_row)), sorted(map(str, by_case))


async def wrong_rows(session: AsyncSession) -> int:
    """Rows that do not say what their case does, or not which visit was before."""
    asked = [*(STRAYED.format(table=table) for table in FACTS), MISCOUNTED]
    return sum([(await session.execute(text(each))).scalar_one() for each in asked])


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
        wrong = await wrong_rows(session)
        await session.rollback()
    assert by_row == by_case
    assert wrong == 0
    assert by_row or not any(isinstance(event, VisitEvent) for event in events)


def kept(case_id: UUID, **told: object) -> EventData:
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
            **told,
        }
    )


async def test_a_visit_of_a_case_that_moved_to_another_team_has_none_of_its_team_before_it(
    service: Service,
) -> None:
    case_id, team = uuid4(), uuid4()
    visits = [kept(case_id, team=team), kept(case_id, scheduled_at=START + timedelta(days=9))]
    moved = assigned(case_id, uuid4(), START, version=2)
    await service.deliver([assigned(case_id, uuid4(), START, version=1, team=team), *visits])
    told = text("SELECT kept_before, team_kept_before FROM visit_facts ORDER BY scheduled_at")
    async with service.database.sessions() as session, session.begin():
        first = START + timedelta(days=1)
        assert (await session.execute(told)).all() == [(None, None), (first, first)]
        await apply(session, [moved])
        assert (await session.execute(told)).all() == [(None, None), (first, None)]


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
        assert await wrong_rows(session) == 0
        before = await session.scalar(text("SELECT count(team_kept_before) FROM visit_facts"))
    assert by_row == by_case
    assert len(by_row) > 10
    assert before > 0


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
    await _live(connection, case_id, team)
    await migrations.upgrade(settings, MIGRATIONS)
    strayed = [await connection.fetchval(STRAYED.format(table=table)) for table in FACTS]
    assert [*strayed, await connection.fetchval(MISCOUNTED)] == [0] * 6
    assert await connection.fetchval("SELECT count(county) FROM motivation_facts") == 1
    assert await connection.fetchval("SELECT count(team_kept_before) FROM visit_facts") == 2
    rows = await connection.fetch(
        "SELECT case_id, case_team, county, municipality FROM visit_facts"
    )
    await connection.close()
    told = {row["case_id"]: tuple(row)[1:] for row in rows}
    assert told.pop(case_id) == (team, "04", "684")
    assert list(told.values()) == [(None, None, None)]


async def _live(connection: asyncpg.Connection, case_id: UUID, team: UUID) -> None:
    """Something of everything, in the tables of before."""
    days = (START + timedelta(days=day) for day in range(3))
    for day, state in zip(days, ("kept", "cancelled", "kept"), strict=True):
        await connection.execute(
            "INSERT INTO visit_facts (visit_id, case_id, team, scheduled_at, location, state) "
            "VALUES ($1, $2, $3, $4, 'home', $5)",
            *(uuid4(), case_id, team, day, state),
        )
    for statement in (
        "INSERT INTO goal_facts (goal_id, case_id, area, state) VALUES ($1, $2, 'money', 'set')",
        "INSERT INTO handover_facts (handover_id, case_id, receiver_kind) VALUES ($1, $2, 'ngo')",
    ):
        await connection.execute(statement, uuid4(), case_id)
    await connection.execute(
        "INSERT INTO motivation_facts (case_id, version, at, value) VALUES ($1, 1, $2, 5)",
        *(case_id, START),
    )
