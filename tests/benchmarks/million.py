"""A million stored referrals: some thousand that the service took itself, copied in SQL under
other ids, references and look-up hashes, with the rows of persons, events and the audit log.

Copies differ in the last hex digits of their ids and in every hash, so that indexes are as large
and as mixed as those of a million different persons.
"""

import asyncpg

from tests.benchmarks.anchors import connected

_TABLES = ("clients", "client_keys", "referrals", "outbox", "audit")
_ID = "overlay({0}::text placing to_hex(65536 + copy) from 32)::uuid"
_HASH = "sha256({0} || copy::text::bytea)"
_OF_COLUMN = {
    "client_ref": _ID,
    "identity_index": _HASH,
    "hash": _HASH,
    "content_fingerprint": _HASH,
    "event_id": _ID,
    "subject_id": _ID,
    "reference": "upper(left(md5({0} || copy), 12))",
}
_OF_TABLE = {
    "referrals": {"id": _ID},
    "audit": {"told_as": "coalesce({0}, gen_random_uuid())"},
}


async def fill(admin_dsn: str, database: str, referrals: int) -> int:
    """Copies what is there until there are about so many; how many there are."""
    async with connected(f"{admin_dsn.rpartition('/')[0]}/{database}") as connection:
        await connection.execute("ALTER SYSTEM SET max_wal_size = '16GB'")
        await connection.execute("SELECT pg_reload_conf()")
        # Copies of what was checked need no check of their foreign keys, row by row.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("SET synchronous_commit = off")
        # One snapshot, so that a request that is still being answered is in all tables or none.
        async with connection.transaction(isolation="repeatable_read"):
            copies = referrals // await connection.fetchval("SELECT count(*) FROM referrals")
            for table in _TABLES:
                await connection.execute(await _statement(connection, table, copies))
        await connection.execute(f"VACUUM (ANALYZE) {', '.join(_TABLES)}")
        await connection.execute("CHECKPOINT")
        return int(await connection.fetchval("SELECT count(*) FROM referrals"))


async def _statement(
    connection: "asyncpg.Connection[asyncpg.Record]", table: str, copies: int
) -> str:
    columns = await connection.fetch(
        "SELECT column_name AS name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = $1 AND is_identity = 'NO'",
        table,
    )
    names = [record["name"] for record in columns]
    changed = _OF_COLUMN | _OF_TABLE.get(table, {})
    values = ", ".join(changed.get(name, "{0}").format(f'"{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    return (
        f"INSERT INTO {table} ({listed}) SELECT {values}"
        f" FROM {table}, generate_series(1, {copies}) AS copy ON CONFLICT DO NOTHING"
    )
