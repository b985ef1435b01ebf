"""Fills the analytics database with many events: a county's through the handlers that the consumer
calls, further counties as copies of it under other ids.

A copy is made in SQL. No handler looks at anything but the rows of the ids that its event names, so
events under other ids make the same rows under other ids; `test_filling` compares both ways.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import asyncpg
from sqlalchemy import Uuid

from services.analytics.tables import Base
from shared.contracts import EventData, event_class
from shared.contracts.base import type_of
from shared.contracts.municipalities import county_of
from shared.db import Database
from tests.integration.analytics.conftest import apply
from tests.support.past import COUNTY, MUNICIPALITY, Past

_UUID = re.compile(r"\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{6})[0-9a-f]{6}\b")
MARK = "ba5e"
"""All ids end in this and two digits, which are the copy's: so a copy is one replacement."""
OTHERS = ("398", "684", "564", "297", "853", "837", "092", "167", "743")
"""A municipality of each further county."""
BATCH = 500
"""Events in one transaction."""
EVENTS_TABLE = """
    CREATE TABLE events (
        type text, occurred_at timestamptz, client_ref uuid, aggregate_id uuid, version int,
        team uuid, county text, data jsonb
    )
"""
_COPY_EVENTS = """
    INSERT INTO events
    SELECT type, occurred_at, data.client_ref, data.aggregate_id, version, data.team, $2, data.whole
    FROM events,
        LATERAL (SELECT replace(replace(replace(data::text, 'ba5e00', 'ba5e' || $1),
            '"county": "15"', '"county": "' || $2 || '"'),
            '"municipality": "179"', '"municipality": "' || $3 || '"')::jsonb) AS told (whole),
        LATERAL (SELECT told.whole, (told.whole->>'client_ref')::uuid,
            (told.whole->>'aggregate_id')::uuid, (told.whole->>'team')::uuid
        ) AS data (whole, client_ref, aggregate_id, team)
    WHERE events.county = '15'
"""


@dataclass(frozen=True)
class Told:
    """An event as it travels."""

    type: str
    json: str

    def parsed(self) -> EventData:
        """As the consumer parses it."""
        data_class = event_class(self.type)
        assert data_class is not None
        return data_class.model_validate_json(self.json)

    def of_copy(self, number: int) -> "Told":
        """The same event in a further county."""
        municipality = OTHERS[number - 1]
        text = self.json.replace(f"{MARK}00", f"{MARK}{number:02}")
        text = text.replace(f'"municipality":"{MUNICIPALITY}"', f'"municipality":"{municipality}"')
        return Told(self.type, text.replace(f'"county":"{COUNTY}"', f'"county":"{county(number)}"'))


def county(number: int) -> str:
    """The county of a copy; 0 is the one that is copied."""
    code = county_of(OTHERS[number - 1]) if number else COUNTY
    assert code is not None
    return code


def told(past: Past) -> list[Told]:
    """The events of a past, with ids that can be copied."""
    return [
        Told(type_of(type(event)), _UUID.sub(rf"\g<1>{MARK}00", event.model_dump_json()))
        for event in past.events
    ]


async def deliver(database: Database, events: Sequence[Told]) -> None:
    """Gives the events to the handlers, as the consumer does."""
    for first in range(0, len(events), BATCH):
        async with database.sessions() as session, session.begin():
            await apply(session, [event.parsed() for event in events[first : first + BATCH]])


async def keep(connection: asyncpg.Connection, events: Sequence[Told]) -> None:
    """Keeps the events in a plain table, as an analyst without projections would."""
    await connection.execute(EVENTS_TABLE)
    await connection.copy_records_to_table("events", records=_records(events))
    await connection.execute("VACUUM ANALYZE events")


def _records(events: Sequence[Told]) -> Iterator[tuple[object, ...]]:
    for event in events:
        data = event.parsed()
        ids = [getattr(data, name, None) for name in ("client_ref", "aggregate_id")]
        team = getattr(data, "team", None)
        yield (event.type, data.occurred_at, *ids, data.version, team, COUNTY, event.json)


async def copy(connection: asyncpg.Connection, number: int, *, events: bool = True) -> None:
    """Adds a further county to everything."""
    code, municipality = county(number), OTHERS[number - 1]
    if events:
        await connection.execute(_COPY_EVENTS, f"{number:02}", code, municipality)
    for statement in _copies_of_facts(number):
        await connection.execute(statement)


def _copies_of_facts(number: int) -> Iterator[str]:
    new = {
        "county": f"'{county(number)}'",
        "municipality": f"'{OTHERS[number - 1]}'",
    }
    for table in Base.metadata.sorted_tables:
        names = [column.name for column in table.columns]
        values = [
            f"overlay({column.name}::text placing '{number:02}' from 35)::uuid"
            if isinstance(column.type, Uuid)
            else f"CASE WHEN {column.name} IS NOT NULL THEN {new[column.name]} END"
            if column.name in new
            else f'"{column.name}"'
            for column in table.columns
        ]
        ids = [column.name for column in table.columns if isinstance(column.type, Uuid)]
        if ids:
            listed = ", ".join(f'"{name}"' for name in names)
            yield (
                f"INSERT INTO {table.name} ({listed}) SELECT {', '.join(values)} "
                f"FROM {table.name} WHERE {ids[0]}::text LIKE '%{MARK}00'"
            )
