"""Everything sealed is sealed anew with the current key, while others write, and can be read."""

import asyncio
import base64
import importlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import LargeBinary

from services.referral.clients.renewing import renew_hashes
from services.referral.sealed import SEALED
from shared.crypto import BlindIndex, FieldCipher, Key
from shared.db import Database
from shared.rotation import Sealed, keys_in_use, renew
from shared.settings import KafkaSettings, PlatformSettings
from tests.support.bodies import IDENTITY_CODES
from tests.support.databases import Databases
from tests.support.settings import settings_for

OLD, NEW = Key("k1", b"0" * 32), Key("k2", b"2" * 32)
OLD_INDEX, NEW_INDEX = Key("i1", b"1" * 32), Key("i2", b"3" * 32)
ROWS = 250
IDENTITIES = SEALED[0]
PHONE = "+358401234567"


@pytest.mark.parametrize("service", ["referral", "caseload", "consent", "analytics"])
def test_every_column_of_bytes_is_renewed_or_needs_no_key(service: str) -> None:
    tables = importlib.import_module(f"services.{service}.tables").Base.metadata.tables
    bytes_ = {
        f"{table.name}.{column.name}"
        for table in tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    if service == "analytics":
        assert bytes_ == set()
        return
    known = importlib.import_module(f"services.{service}.sealed")
    assert bytes_ == {one.name for one in known.SEALED} | set(known.UNSEALED)


def ring_of(*keys: Key) -> str:
    return ",".join(f"{key.name}:{base64.urlsafe_b64encode(key.secret).decode()}" for key in keys)


async def settings_on(postgres: Databases, kafka: KafkaSettings) -> PlatformSettings:
    ring, index = ring_of(NEW, OLD), ring_of(NEW_INDEX, OLD_INDEX)
    address = await postgres.fresh("referral")
    return settings_for(
        PlatformSettings, address, kafka=kafka, encryption_keys=ring, index_keys=index
    )


async def write_persons(dsn: str, codes: Sequence[str]) -> list[UUID]:
    """Persons with one phone, one for each identity code, as they were written with the old
    keys."""
    cipher, index = FieldCipher((OLD,)), BlindIndex((OLD_INDEX,))
    people = [(uuid4(), code) for code in codes]
    connection = await asyncpg.connect(dsn)
    await connection.executemany(
        "INSERT INTO clients (client_ref, identity_index, identity_sealed, municipality, language, "
        "age_group, non_disclosure_order, version, registered_at) "
        "VALUES ($1, $2, $3, '398', 'fi', 'unknown', false, 1, now())",
        [
            (
                ref,
                index.current("identity_code", code),
                cipher.encrypt_json({"identity_code": code, "phone": PHONE}, f"clients/{ref}"),
            )
            for ref, code in people
        ],
    )
    await connection.executemany(
        "INSERT INTO client_keys VALUES ($1, 'phone', $2)",
        [(ref, index.current("phone", PHONE)) for ref, _ in people],
    )
    await connection.close()
    return [ref for ref, _ in people]


async def drain(database: Database, cipher: FieldCipher, one: Sealed, steps: int = 10**9) -> int:
    """Renews so many batches; how many rows."""
    done = 0
    async for progress in renew(database, cipher, one):
        done, steps = progress.done, steps - 1
        if not steps:
            break
    return done


async def rows(dsn: str, query: str, *values: object) -> Sequence[Any]:
    connection = await asyncpg.connect(dsn)
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


@pytest.mark.ops
async def test_rows_are_renewed_beside_writers_and_a_broken_run_goes_on(
    postgres: Databases, kafka: KafkaSettings
) -> None:
    """Keys are changed while others write: nothing is lost, and the old key is needed no more."""
    settings = await settings_on(postgres, kafka)
    refs = await write_persons(settings.asyncpg_dsn, list(map(str, range(ROWS))))
    database, cipher = Database(settings), settings.cipher()
    written: dict[UUID, str] = {}
    stop = asyncio.Event()

    async def write() -> None:
        """Corrects persons as a command does: under the row's lock, with the current key."""
        connection = await asyncpg.connect(settings.asyncpg_dsn)
        for nth, ref in enumerate(refs[::3]):
            if stop.is_set():
                break
            async with connection.transaction():
                query = "SELECT identity_sealed FROM clients WHERE client_ref = $1 FOR UPDATE"
                sealed = await connection.fetchval(query, ref)
                identity = cipher.decrypt_json(sealed, f"clients/{ref}")
                assert identity["phone"] == PHONE
                anew = cipher.encrypt_json(identity | {"email": str(nth)}, f"clients/{ref}")
                await connection.execute(
                    "UPDATE clients SET identity_sealed = $2 WHERE client_ref = $1", ref, anew
                )
            written[ref] = str(nth)
        await connection.close()

    writer = asyncio.create_task(write())
    assert 0 < await drain(database, cipher, IDENTITIES, steps=2) < ROWS
    await drain(database, cipher, IDENTITIES)
    stop.set()
    await writer
    async with database.sessions() as session:
        assert (await keys_in_use(session, [IDENTITIES]))["clients.identity_sealed"] == {"k2": ROWS}
    new_alone = FieldCipher((NEW,))
    found = await rows(settings.asyncpg_dsn, "SELECT client_ref, identity_sealed FROM clients")
    for ref, sealed in found:
        identity = new_alone.decrypt_json(sealed, f"clients/{ref}")
        assert identity.get("email") == written.get(ref), "nothing that was written is lost"
    assert written
    await database.close()


async def test_persons_are_found_by_the_new_look_up_key_alone(
    postgres: Databases, kafka: KafkaSettings
) -> None:
    settings = await settings_on(postgres, kafka)
    refs = await write_persons(settings.asyncpg_dsn, IDENTITY_CODES[:3])
    database = Database(settings)
    steps = [vars(step).copy() async for step in renew_hashes(settings, database)]
    assert (steps[-1]["left"], steps[-1]["done"], steps[-1]["unreadable"]) == (0, 3, 0)
    new_alone = BlindIndex((NEW_INDEX,))
    for ref, code in zip(refs, IDENTITY_CODES, strict=False):
        hash_ = new_alone.current("identity_code", code)
        query = "SELECT client_ref FROM clients WHERE identity_index = $1"
        assert [row[0] for row in await rows(settings.asyncpg_dsn, query, hash_)] == [ref]
    query = "SELECT client_ref FROM client_keys WHERE hash = $1"
    by_phone = await rows(settings.asyncpg_dsn, query, new_alone.current("phone", PHONE))
    assert {row[0] for row in by_phone} == set(refs)
    assert len(await rows(settings.asyncpg_dsn, "SELECT * FROM client_keys")) == len(refs)
    again = [step.done async for step in renew_hashes(settings, database)]
    assert again[-1] == 0, "a second run finds nothing to do"
    await database.close()


async def test_a_row_that_no_key_opens_is_counted_and_left(
    postgres: Databases, kafka: KafkaSettings
) -> None:
    settings = await settings_on(postgres, kafka)
    refs = await write_persons(settings.asyncpg_dsn, IDENTITY_CODES[:2])
    lost = FieldCipher((Key("k0", b"9" * 32),)).encrypt(b"{}", f"clients/{refs[0]}")
    await rows(
        settings.asyncpg_dsn,
        "UPDATE clients SET identity_sealed = $2 WHERE client_ref = $1",
        refs[0],
        lost,
    )
    database = Database(settings)
    steps = [vars(step).copy() async for step in renew(database, settings.cipher(), IDENTITIES)]
    assert (steps[-1]["done"], steps[-1]["unreadable"]) == (1, 1)
    async with database.sessions() as session:
        in_use = await keys_in_use(session, [IDENTITIES])
    assert in_use["clients.identity_sealed"] == {"k2": 1, "k0": 1}
    await database.close()
