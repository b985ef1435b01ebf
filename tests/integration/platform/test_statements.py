"""Statements that go to the driver as they are belong to the session's transaction."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import MetaData, Table, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Integer
from sqlmodel import Field, SQLModel, col

from shared.db import Database
from shared.rows import Change, insert_all
from shared.settings import KafkaSettings, PlatformSettings
from shared.statements import Prepared, Reading
from shared.tables import dead_letters, metadata
from tests.support.databases import Databases
from tests.support.settings import settings_for


class Thing(SQLModel, table=True):
    metadata = MetaData()
    __tablename__ = "things"

    n: int = Field(primary_key=True)
    told: Any = Field(default=None, sa_type=JSONB)


THINGS: Table = Thing.__table__  # type: ignore[attr-defined]
INSERT = Prepared(
    text("INSERT INTO things (n, told) VALUES (:n, :told)").bindparams(
        bindparam("n", type_=Integer()), bindparam("told", '{"by": "default"}', type_=JSONB())
    )
)
COUNT = Prepared(text("SELECT count(*) FROM things"))
TOLD = Prepared(text("SELECT n, told FROM things ORDER BY n"))


@pytest.fixture
async def database(postgres: Databases, kafka: KafkaSettings) -> AsyncIterator[Database]:
    database = Database(settings_for(PlatformSettings, await postgres.empty(), kafka=kafka))
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE things (n int PRIMARY KEY, told jsonb)"))
        await connection.run_sync(metadata.create_all)
    yield database
    await database.close()


async def test_the_first_statement_begins_the_transaction_and_is_undone_with_it(
    database: Database,
) -> None:
    async with database.sessions() as session:
        transaction = await session.begin()
        assert list(await INSERT(session, n=1)) == []
        await INSERT(session, n=2)
        ((seen,),) = await COUNT(session)
        assert seen == 2
        await transaction.rollback()
    async with database.sessions() as session, session.begin():
        ((left,),) = await COUNT(session)
    assert left == 0


async def test_json_goes_in_as_text_and_comes_back_read(database: Database) -> None:
    async with database.sessions() as session, session.begin():
        await INSERT(session, n=1)
        await INSERT(session, n=2, told='["ä"]')
    async with database.sessions() as session, session.begin():
        first = [tuple(row) for row in await TOLD(session)]
        again = [tuple(row) for row in await TOLD(session)]
    assert first == again == [(1, {"by": "default"}), (2, ["ä"])]


async def test_a_parameter_that_was_forgotten_is_no_null(database: Database) -> None:
    async with database.sessions() as session, session.begin():
        with pytest.raises(KeyError):
            await INSERT(session, told="{}")


async def test_text_too_long_for_its_column_is_refused_and_not_cut(database: Database) -> None:
    row = {
        "letter_id": "01980000-0000-7000-8000-000000000001",
        "event_id": "01980000-0000-7000-8000-000000000002",
        "consumer_group": "g",
        "topic": "t",
        "partition": 0,
        "offset": 0,
        "reason": "x" * 61,
        "detail": "",
        "state": "open",
    }
    async with database.sessions() as session, session.begin():
        await session.execute(text("SELECT 1"))
        with pytest.raises(asyncpg.StringDataRightTruncationError):
            await insert_all(session, dead_letters, [row])


async def test_rows_are_changed_by_their_key_and_one_that_is_not_there_is_none(
    database: Database,
) -> None:
    change = Change(THINGS, "n", ("told",))
    async with database.sessions() as session, session.begin():
        await insert_all(session, THINGS, [{"n": n, "told": {"is": n}} for n in (1, 2, 3)])
        await change(
            session, [{"n": 3, "told": ["ä"]}, {"n": 1, "told": None}, {"n": 9, "told": 9}]
        )
        assert [tuple(row) for row in await TOLD(session)] == [
            (1, None),
            (2, {"is": 2}),
            (3, ["ä"]),
        ]


async def test_whole_rows_are_read_as_objects_that_are_never_written_back(
    database: Database,
) -> None:
    reading = Reading(Thing, select(Thing).where(col(Thing.n) == bindparam("n")))
    async with database.sessions() as session, session.begin():
        await INSERT(session, n=1)
        (found,) = await reading(session, n=1)
        assert (found.n, found.told) == (1, {"by": "default"})
        found.told = "something else"
    async with database.sessions() as session, session.begin():
        assert [tuple(row) for row in await TOLD(session)] == [(1, {"by": "default"})]
        assert await reading(session, n=2) == []


async def test_each_transaction_of_a_session_has_the_connection_it_began_on(
    database: Database,
) -> None:
    async with database.sessions() as session:
        async with session.begin():
            await INSERT(session, n=1)
            await INSERT(session, n=2)
        transaction = await session.begin()
        await INSERT(session, n=3)
        await transaction.rollback()
        async with session.begin():
            assert [n for n, _ in await TOLD(session)] == [1, 2]
