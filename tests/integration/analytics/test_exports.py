"""Exports: nobody stands out in one, no two can be joined, and each says what was done to it."""

import csv
import io
import json
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pyarrow.parquet as pq
import pytest

from services.analytics.exports import queries
from services.analytics.exports.catalogue import TABLES, TableName
from tests.integration.analytics.conftest import Service
from tests.support.past import Past
from tests.support.persons import Whoiswho
from tests.support.random_past import some_past

PARQUET = "application/vnd.apache.parquet"
SCOPE = "exports:read"
SPRING = datetime(2022, 3, 1, 9, tzinfo=UTC)
KNOWN_BY = {"day", "code"}
Row = dict[str, str]


async def export(service: Service, table: str, accept: str = "text/csv", k: int = 5) -> Any:
    answer = await service.get(f"/v1/exports/{table}", SCOPE, accept, k=str(k))
    assert answer.status_code == 200, answer.text
    return answer


def rows_of(answer: httpx.Response) -> list[Row]:
    return list(csv.DictReader(io.StringIO(answer.text)))


def classes(table: TableName, rows: list[Row]) -> dict[tuple[str, ...], list[Row]]:
    """Rows that are alike in all that may be known of somebody."""
    names = [column.name for column in TABLES[table].columns if column.role in KNOWN_BY]
    found = defaultdict(list)
    for row in rows:
        found[row["precision"], *(row[name] for name in names)].append(row)
    return found


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_row_is_like_those_of_k_persons_whatever_happened(
    service: Service, seed: int
) -> None:
    await service.deliver(some_past(random.Random(seed), 70).events)
    precisions = set()
    for table in TableName:
        for k in (5, 9):
            answer = await export(service, table, k=k)
            rows, summary = rows_of(answer), json.loads(answer.headers["export-summary"])
            for alike in classes(table, rows).values():
                assert len({row["client"] for row in alike}) >= k
            assert (summary["k"], summary["rows"]) == (k, len(rows))
            assert sum(step["rows"] for step in summary["steps"]) == len(rows)
            precisions |= {row["precision"] for row in rows}
    assert len(precisions) > 2, "some rows need to be coarser than others"
    assert len(rows_of(await export(service, "cases"))) > 35, "most of 70 cases are told"


async def test_a_person_of_several_refs_is_one_of_the_k(service: Service) -> None:
    team, refs = uuid4(), [uuid4() for _ in range(5)]
    past, history = Past(), Whoiswho()
    for ref in refs:
        past.begin(team, SPRING, client=ref, age_group="18-29", source="prison")
    await service.deliver(past.events)
    assert len(rows_of(await export(service, "cases"))) == 5
    await service.deliver([history.link(refs[0], refs[1])])
    answer = await export(service, "cases")
    assert rows_of(answer) == []
    assert json.loads(answer.headers["export-summary"])["left_out"] == 5
    fifth = Past()
    fifth.begin(team, SPRING, age_group="18-29", source="prison")
    await service.deliver(fifth.events)
    assert len({row["client"] for row in rows_of(await export(service, "cases"))}) == 5


async def test_rows_are_made_coarse_one_step_after_the_other(service: Service) -> None:
    team, past = uuid4(), Past()
    for number in range(11):
        spring = SPRING + timedelta(days=60 if number >= 6 else 0)
        past.begin(team, spring, age_group="18-29" if number else "30-64", source="prison")
    await service.deliver(past.events)
    rows = rows_of(await export(service, "cases"))
    told = [
        (row["precision"], row["opened"], row["municipality"], row["age_group"]) for row in rows
    ]
    assert sorted(told) == 5 * [("0", "2022-03", "179", "18-29")] + 5 * [
        ("0", "2022-04", "179", "18-29")
    ], "the one of another age group is like nobody else, and is left out"


async def test_two_exports_cannot_be_joined(service: Service) -> None:
    await service.deliver(some_past(random.Random(3), 70).events)
    once, again = [rows_of(await export(service, "visits")) for _ in range(2)]
    assert once
    assert len(once) == len(again)
    assert not {row["client"] for row in once} & {row["client"] for row in again}
    cases = rows_of(await export(service, "cases"))
    assert not {row["client"] for row in once} & {row["client"] for row in cases}
    for alike in classes(TableName.VISITS, once).values():
        told = {row["client"] for row in alike}
        others = {row["client"] for row in once if row not in alike}
        assert not told & others, "nobody's rows can be followed from one class to another"
    orders = [[(row["state"], row["location"]) for row in rows] for rows in (once, again)]
    assert orders[0] != orders[1], "nor by where they stand"


async def test_parquet_holds_the_same_rows_in_groups_with_the_summary(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.deliver(some_past(random.Random(4), 70).events)
    monkeypatch.setattr(queries, "BATCH", 20)
    for table in TableName:
        answer = await export(service, table, PARQUET)
        file = pq.ParquetFile(io.BytesIO(answer.content))
        rows = rows_of(await export(service, table))
        assert file.metadata.num_rows == len(rows)
        assert file.num_row_groups == -(-len(rows) // 20)
        found = [[plain(row[name]) for name in row if name != "client"] for row in file_rows(file)]
        expected = [[row[name] for name in row if name != "client"] for row in rows]
        assert sorted(found) == sorted(expected)
        said = file.schema_arrow.metadata[b"nopsa"].decode()
        assert json.loads(said) == json.loads(answer.headers["export-summary"])


def file_rows(file: pq.ParquetFile) -> Any:
    return file.read().to_pylist()


def plain(value: Any) -> str:
    """As a CSV cell."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


async def test_the_dictionary_tells_every_column_of_every_table(service: Service) -> None:
    tables = (await service.get("/v1/exports", SCOPE)).json()["items"]
    assert [table["name"] for table in tables] == list(TableName)
    for table in tables:
        answer = await export(service, table["name"])
        header = next(csv.reader(io.StringIO(answer.text)))
        assert header == [column["name"] for column in table["columns"]]
        assert all(column["description"] for column in table["columns"])
        selected = {each.name for each in TABLES[table["name"]].rows().selected_columns}
        assert selected - {"person"} == set(header) - {"client", "precision"}


async def test_every_export_is_on_record_and_needs_its_scope(service: Service) -> None:
    await export(service, "visits")
    refused = await service.get("/v1/exports/visits", "reports:read reports:internal")
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    unknown = await service.get("/v1/exports/visits", SCOPE, "application/json")
    assert (unknown.status_code, unknown.json()["code"]) == (406, "not_acceptable")
    assert (await service.get("/v1/exports/visits", SCOPE, k="4")).status_code == 422
    connection = await asyncpg.connect(service.settings.asyncpg_dsn)
    rows = await connection.fetch("SELECT action, actor FROM audit")
    await connection.close()
    assert [tuple(row) for row in rows] == [("export.visits", "someone")]
