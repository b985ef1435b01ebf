"""What a service's database tells: whether it is migrated, what waits in it, and whose clock it
goes by."""

import time
from datetime import UTC, datetime

import asyncpg
from alembic.script import ScriptDirectory

from deploy.local.process import CODE_ROOT
from deploy.ops.doctor.finding import Finding
from deploy.ops.system import Service
from shared.migrations import config_of

OLD_SECONDS = 120
SKEW_SECONDS = 1.0
UNREACHABLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

_WAITING = """
    SELECT count(*), coalesce(extract(epoch FROM now() - min({since})), 0) FROM {table}
    WHERE {condition}
"""


async def examine(service: Service) -> list[Finding]:
    """Everything about one service's database."""
    what = f"{service.name}: database"
    try:
        connection = await service.connect()
    except UNREACHABLE as error:
        advice = "Start PostgreSQL, or mend NOPSA_DATABASE_URL; referrals are refused meanwhile."
        return [Finding(what, wrong=f"it does not answer ({type(error).__name__})", advice=advice)]
    try:
        migrated = await _migrations(connection, service.name)
        if not migrated.is_well:
            return [migrated]
        return [
            migrated,
            await _clock(connection, service.name),
            await _outbox(connection, service.name),
            await _disclosures(connection, service.name),
            await _dead_letters(connection, service.name),
        ]
    except UNREACHABLE as error:
        return [Finding(what, wrong=f"it broke off ({type(error).__name__})", advice="Try again.")]
    finally:
        await connection.close(timeout=2)


async def _migrations(connection: asyncpg.Connection, name: str) -> Finding:
    what = f"{name}: migrations"
    wanted = ScriptDirectory.from_config(
        config_of(CODE_ROOT / "services" / name / "migrations")
    ).get_current_head()
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return Finding(
            what,
            wrong="the database has no tables yet",
            advice="Start the service with NOPSA_MIGRATE_ON_START=true, or run its migration job.",
        )
    there = await connection.fetchval("SELECT version_num FROM alembic_version")
    if there == wanted:
        return Finding(what, seen=f"at {there}")
    return Finding(
        what,
        wrong=f"the database is at {there}, this version of nopsa wants {wanted}",
        advice="Run the migration job of the version that is installed, or install the version "
        "that made the database.",
    )


async def _clock(connection: asyncpg.Connection, name: str) -> Finding:
    before = time.time()
    theirs: datetime = await connection.fetchval("SELECT clock_timestamp()")
    ours = datetime.fromtimestamp((before + time.time()) / 2, UTC)
    skew = abs((theirs - ours).total_seconds())
    what = f"{name}: clock"
    if skew <= SKEW_SECONDS:
        return Finding(what, seen=f"{skew * 1000:.0f} ms from this machine's")
    return Finding(
        what,
        wrong=f"the database's clock is {skew:.1f} s away from this machine's",
        advice="Mend time synchronisation (chrony, systemd-timesyncd): deadlines and tokens go by "
        "these clocks.",
    )


async def _waiting(
    connection: asyncpg.Connection, table: str, since: str, condition: str
) -> tuple[int, float]:
    """How many rows wait, and for how many seconds the oldest has."""
    query = _WAITING.format(table=table, since=since, condition=condition)
    ((count, age),) = await connection.fetch(query)
    return count, float(age)


async def _outbox(connection: asyncpg.Connection, name: str) -> Finding:
    count, age = await _waiting(connection, "outbox_queue", "queued_at", "true")
    what = f"{name}: outbox"
    if age < OLD_SECONDS:
        return Finding(what, seen=f"{count} events wait")
    return Finding(
        what,
        wrong=f"{count} events wait, the oldest for {age:.0f} s",
        advice=f"See that {name}'s event process runs and reaches the broker; its log says why "
        "(relay_lane_interrupted). Nothing is lost.",
    )


async def _disclosures(connection: asyncpg.Connection, name: str) -> Finding:
    condition = "told_as IS NULL AND client_ref IS NOT NULL"
    count, age = await _waiting(connection, "audit", "at", condition)
    what = f"{name}: acts to be told to the disclosure log"
    if age < OLD_SECONDS:
        return Finding(what, seen=f"{count} wait")
    return Finding(
        what,
        wrong=f"{count} wait, the oldest for {age:.0f} s",
        advice=f"See that {name}'s event process runs; its log says why (disclosures_not_told).",
    )


async def _dead_letters(connection: asyncpg.Connection, name: str) -> Finding:
    rows = await connection.fetch(
        "SELECT topic, count(*) AS letters FROM dead_letters "
        "WHERE state IN ('open', 'replaying') GROUP BY topic ORDER BY topic"
    )
    what = f"{name}: dead letters"
    if not rows:
        return Finding(what, seen="none")
    told = ", ".join(f"{row['letters']} of {row['topic']}" for row in rows)
    return Finding(
        what,
        wrong=f"{told} were set aside",
        advice=f"Look with `nopsa dlq list --service {name}`, then replay or drop each.",
    )
