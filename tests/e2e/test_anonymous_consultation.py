"""A team may be asked about a situation without telling whose it is: of a client there is no trace,
in any database, on any topic, in any log."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from shared.contracts.topics import ALL
from shared.settings import KafkaSettings
from tests.support.house import House, eventually
from tests.support.topics import read_all

QUESTION = "Sammakkolammen laidalla asuva ei avaa kirjeitään; miten autan?"
WORD = "Sammakkolammen"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


async def rows_with(dsn: str, text: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Every row of every table of a database that holds the text anywhere, bytes as hex too."""
    connection = await asyncpg.connect(dsn)
    try:
        for (table,) in await connection.fetch(TABLES):
            found = await connection.fetch(
                f'SELECT row_to_json(t) AS row FROM "{table}" AS t '
                "WHERE t::text LIKE '%' || $1 || '%' OR t::text LIKE '%' || $2 || '%'",
                text,
                text.encode().hex(),
            )
            for record in found:
                yield table, json.loads(record["row"])
    finally:
        await connection.close()


async def test_an_anonymous_consultation_leaves_no_trace_of_a_client(
    house: House, topics: KafkaSettings
) -> None:
    body = {
        "team": house.stack.clients["lead"]["org"],
        "asked_by_kind": "health_centre",
        "topics": ["isolation"],
        "text": QUESTION,
        "minutes": 15,
        "on": "2026-03-02",
    }
    made = await house.post("lead", "caseload", "/v1/consultations", body)
    assert made.status_code == 201, made.text
    consultation = made.json()["id"]

    async def told() -> bool:
        rows = rows_with(house.stack.dsns["caseload"], consultation)
        return "outbox" in [table async for table, _ in rows]

    await eventually(told)
    found = [
        (service, table, row)
        for service, dsn in house.stack.dsns.items()
        async for table, row in rows_with(dsn, consultation)
    ]
    assert ("caseload", "consultations") in {(service, table) for service, table, _ in found}
    for service, table, row in found:
        assert not row.get("client_ref"), (service, table)
    assert [table for service, table, _ in found if service in ("referral", "consent")] == []
    for dsn in house.stack.dsns.values():
        assert [table async for table, _ in rows_with(dsn, WORD)] == []
    records = await read_all(topics, ALL, enough=lambda found: bool(mine(found, consultation)))
    [event] = mine(records, consultation)
    assert event.topic == "nopsa.consultation.v1"
    assert "client_ref" not in json.loads(event.value)
    assert WORD.encode() not in b"".join(record.value or b"" for record in records)
    logs = (path.read_text(errors="replace") for path in house.stack.log_dir.iterdir())
    assert not any(WORD in log for log in logs)


def mine(records: list[Any], consultation: str) -> list[Any]:
    return [record for record in records if consultation.encode() in (record.value or b"")]
