"""The disclosure log cannot be changed by its service, and whoever else changes it is found."""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.consent import disclosures
from services.consent.disclosures import commands, rules
from services.consent.disclosures.rules import BEGINNING, FIELDS, Mark
from services.consent.tables import Disclosure
from shared.db import Database
from tests.integration.consent.conftest import Service
from tests.support.disclosures import disclosed, note

ROWS = 12
CLIENT = uuid4()


@pytest.fixture
async def database(service: Service) -> AsyncIterator[Database]:
    """The service's database, with a log of some rows, sealed in the middle."""
    opened = Database(service.settings)
    told = [disclosed(CLIENT, minute) for minute in range(ROWS)]
    await note(opened, *told[:8])
    await seal(opened)
    await note(opened, *told[8:])
    yield opened
    await opened.close()


async def seal(database: Database) -> Mark | None:
    async with database.sessions() as session:
        return await commands.seal(session)


async def prove(service: Service, **query: Any) -> dict[str, Any]:
    headers = service.caller("audit:read", client_id="admin", worker=None)
    answer = await service.http.get("/v1/audit/verify", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    proof: dict[str, Any] = answer.json()
    return proof


async def broken(service: Service, **query: Any) -> tuple[int, str] | None:
    found = (await prove(service, **query))["first_broken"]
    return (found["row"], found["fault"]) if found else None


async def tamper(service: Service, *statements: str) -> None:
    """What somebody with the rights of the owner can do."""
    connection = await asyncpg.connect(service.settings.asyncpg_dsn)
    tables = ("disclosures", "disclosure_seals")
    for table in tables:
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
    for statement in statements:
        await connection.execute(statement)
    for table in tables:
        await connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only")
    await connection.close()


async def test_a_whole_log_is_proven_with_its_length_and_head(
    service: Service, database: Database
) -> None:
    proof = await prove(service)
    last = (await service.rows("SELECT * FROM disclosures ORDER BY number DESC LIMIT 1"))[0]
    assert (proof["whole"], proof["first_broken"]) == (True, None)
    assert (proof["rows"], proof["from_row"], proof["checked"]) == (ROWS, 1, ROWS)
    assert proof["head"] == last["hash"].hex()
    assert proof["seal"]["rows"] == 8


async def test_an_empty_log_is_whole(service: Service) -> None:
    proof = await prove(service)
    assert (proof["whole"], proof["rows"], proof["checked"]) == (True, 0, 0)
    assert proof["head"] == rules.GENESIS.hex()


async def test_the_log_can_be_checked_by_the_program_in_the_description(
    service: Service, database: Database
) -> None:
    found = await service.rows("SELECT * FROM disclosures ORDER BY number")
    assert check_as_described(found) == ROWS
    with pytest.raises(AssertionError, match="6"):
        check_as_described([*found[:5], {**found[5], "actor": "nobody"}])
    assert set(FIELDS) | {"hash"} == set(Disclosure.model_fields), "all of a row is chained"


def check_as_described(found: Iterable[Mapping[str, Any]]) -> int:
    """Runs the program of the description over a log; how many rows it went over."""
    rows = [{name: as_described(value) for name, value in row.items()} for row in found]
    description = (Path(disclosures.__file__).parent / "README.md").read_text("utf-8")
    program = description.split("```python")[1].split("```")[0]
    exec(program, {"rows": rows})  # noqa: S102  # our own documentation
    return sum("hash" not in row for row in rows)


def as_described(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    return str(value) if isinstance(value, UUID) else value


async def test_what_was_written_cannot_be_changed(service: Service, database: Database) -> None:
    connection = await asyncpg.connect(service.settings.asyncpg_dsn)
    for statement in (
        "UPDATE disclosures SET worker = NULL WHERE number = 3",
        "DELETE FROM disclosures WHERE number = 3",
        "TRUNCATE disclosures",
        "UPDATE disclosure_seals SET rows = 1",
        "DELETE FROM disclosure_seals",
        "TRUNCATE disclosure_seals",
        "SET session_replication_role = replica; DELETE FROM disclosures",
    ):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await connection.execute(statement)
    await connection.close()
    assert (await prove(service))["checked"] == ROWS


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE disclosures SET worker = NULL WHERE number = 10", (10, "changed")),
        ("UPDATE disclosures SET client_ref = id WHERE number = 10", (10, "changed")),
        ("UPDATE disclosures SET hash = decode('00', 'hex') WHERE number = 12", (12, "changed")),
        ("DELETE FROM disclosures WHERE number = 10", (10, "missing")),
        ("DELETE FROM disclosures WHERE number >= 11", (11, "truncated")),
        ("UPDATE disclosures SET number = 99 WHERE number = 9", (9, "missing")),
    ],
)
async def test_what_is_tampered_with_is_found_at_its_place(
    service: Service, database: Database, statement: str, found: tuple[int, str]
) -> None:
    await tamper(service, statement)
    assert await broken(service) == found
    assert await broken(service, since="seal") == found
    assert not (await prove(service))["whole"]


async def test_a_log_that_was_emptied_is_found(service: Service, database: Database) -> None:
    await tamper(service, "TRUNCATE disclosures")
    assert await broken(service) == (1, "truncated")
    assert await broken(service, since="seal") == (1, "truncated")


async def test_what_was_cut_off_since_the_seal_is_found_by_the_head_it_had(
    service: Service, database: Database
) -> None:
    known = await prove(service)
    noted = {"known_rows": known["rows"], "known_head": known["head"]}
    await tamper(service, "DELETE FROM disclosures WHERE number > 9", set_head(9))
    assert await broken(service) is None, "nobody can know it by the database alone"
    for since in ("beginning", "seal", "known"):
        assert await broken(service, **noted, since=since) == (10, "truncated")


async def test_what_was_sealed_cannot_be_cut_off_with_its_head(
    service: Service, database: Database
) -> None:
    await tamper(service, "DELETE FROM disclosures WHERE number > 5", set_head(5))
    assert await broken(service) == (6, "truncated")


def set_head(number: int) -> str:
    """The head as it was when the log had so many rows."""
    return (
        f"UPDATE disclosure_head SET rows = {number}, "
        f"hash = (SELECT hash FROM disclosures WHERE number = {number})"
    )


async def rewrite(service: Service, number: int) -> None:
    """Changes a row, and makes all hashes behind it anew, and the head."""
    rows = await service.rows("SELECT * FROM disclosures ORDER BY number")
    behind, statements = BEGINNING.hash, []
    for row in rows:
        values = {name: row[name] for name in FIELDS}
        if row["number"] == number:
            values["actor"] = "nobody"
            statements.append(f"UPDATE disclosures SET actor = 'nobody' WHERE number = {number}")
        behind = rules.chained(behind, values)
        statements.append(
            f"UPDATE disclosures SET hash = '\\x{behind.hex()}' WHERE number = {row['number']}"
        )
    await tamper(service, *statements, set_head(ROWS))


async def test_a_log_that_was_made_anew_is_found_by_its_seal(
    service: Service, database: Database
) -> None:
    await rewrite(service, 3)
    assert await broken(service) == (8, "rewritten")
    assert await broken(service, since="seal") == (8, "rewritten")


async def test_a_log_that_was_made_anew_behind_its_seal_is_found_by_a_head_that_was_noted(
    service: Service, database: Database
) -> None:
    known = await prove(service)
    await rewrite(service, 10)
    assert await broken(service) is None
    noted = {"known_rows": known["rows"], "known_head": known["head"]}
    assert await broken(service, **noted) == (ROWS, "rewritten")
    assert await broken(service, **noted, since="known") == (ROWS, "rewritten")


async def test_the_log_goes_on_from_a_mark_that_was_proven_before(
    service: Service, database: Database
) -> None:
    known = await prove(service)
    await note(database, disclosed(CLIENT, 50), disclosed(CLIENT, 51))
    noted = {"known_rows": known["rows"], "known_head": known["head"]}
    proof = await prove(service, **noted, since="known")
    assert (proof["whole"], proof["from_row"], proof["checked"]) == (True, ROWS + 1, 2)


async def test_a_head_that_was_put_back_lets_nothing_be_added(
    service: Service, database: Database
) -> None:
    await tamper(service, set_head(9))
    assert await broken(service) == (10, "unaccounted")
    with pytest.raises(Exception, match="disclosures_pkey"):
        await note(database, disclosed(CLIENT, 50))


async def test_the_head_is_told_outside_once(service: Service, database: Database) -> None:
    mark = await seal(database)
    assert await seal(database) is None, "nothing came since"
    sealed = [(data["version"], data["head"]) for kind, _, data in await service.events()]
    assert mark is not None
    assert sealed[-1] == (ROWS, mark.hash.hex())
    assert [version for version, _ in sealed] == [8, ROWS]
    proof = await prove(service, known_rows=sealed[-1][0], known_head=sealed[-1][1])
    assert proof["whole"]


async def test_half_a_mark_is_refused(service: Service) -> None:
    half: list[tuple[dict[str, Any], str]] = [
        ({"known_rows": 3}, "/query/known_head"),
        ({"known_head": "0" * 64}, "/query/known_rows"),
        ({"known_head": "x", "known_rows": 1}, "/query/known_head"),
        ({"known_rows": 0, "known_head": "0" * 64}, "/query/known_rows"),
        ({"since": "known"}, "/query/since"),
        ({"since": "yesterday"}, "/query/since"),
    ]
    for query, pointer in half:
        answer = await service.http.get(
            "/v1/audit/verify", params=query, headers=service.caller("audit:read")
        )
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_who_proves_the_log_is_logged_and_named_no_client(
    service: Service, database: Database
) -> None:
    await prove(service)
    (row,) = await service.rows("SELECT * FROM audit WHERE action = 'disclosure_log.verify'")
    assert (row["actor"], row["client_ref"]) == ("admin", None)
