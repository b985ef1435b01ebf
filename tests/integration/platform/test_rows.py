"""Many rows by one statement: what goes in comes out."""

from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Uuid,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db import Database
from shared.ids import new_id
from shared.rows import insert_all
from shared.settings import KafkaSettings, PlatformSettings
from tests.support.databases import Databases
from tests.support.settings import settings_for

NAMES = ("id", "name", "codes", "told", "sealed")
kept = Table(
    "kept",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("name", String(20)),
    Column("codes", JSONB),
    Column("told", JSON),
    Column("sealed", LargeBinary),
    Column("count", Integer, server_default="7"),
)


async def test_values_of_every_kind_come_out_as_they_went_in(
    postgres: Databases, kafka: KafkaSettings
) -> None:
    settings = settings_for(PlatformSettings, await postgres.empty(), kafka=kafka)
    database = Database(settings)
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "name": "Ää",
            "codes": ["a", "b"],
            "told": {"x": [1]},
            "sealed": b"\0\xff",
        },
        {"id": new_id(), "name": None, "codes": None, "told": None, "sealed": None},
        {"id": new_id(), "name": '"{},', "codes": [], "told": "text", "sealed": b""},
    ]
    async with database.engine.begin() as connection:
        await connection.run_sync(kept.create)
    async with database.sessions() as connection, connection.begin():
        await insert_all(connection, kept, rows)
        nulls = await connection.scalar(
            text("SELECT count(*) FROM kept WHERE codes IS NULL AND told IS NULL")
        )
        found = (await connection.execute(select(kept).order_by(kept.c.id))).mappings().all()
    await database.close()
    assert [{name: row[name] for name in NAMES} for row in found] == rows
    assert {row["count"] for row in found} == {7}
    assert nulls == 1
