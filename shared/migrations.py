"""Migrations: each service has its own alembic folder; the running of it is the same.

`upgrade` runs in process, under an advisory lock, so that several processes may start at once;
`python -m shared.migrations services.referral` does it ahead of them, as a job of its own. Each
revision has a transaction of its own. One that makes an index on a table with rows does it in
`with op.get_context().autocommit_block()`, CONCURRENTLY; nothing waits for a lock for long.
`platform_v1` makes the platform's own tables as the first revision of every service knows them;
`platform_v2` lets the audit log be told; `platform_v3` keeps what becomes of dead letters;
`platform_v4` has a queue beside the outbox.
"""

import asyncio
import importlib
import io
import sys
from pathlib import Path
from typing import Any

from alembic import command, context, op
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from shared import configuration, tables
from shared.settings import DatabaseSettings

LOCK = 0x6D696772
LOCK_POLL_SECONDS = 0.2
SERVER_SETTINGS = {"lock_timeout": "5s", "statement_timeout": "5min"}
"""Whoever waits for a table's lock makes all others wait behind it: a migration gives up soon, and
is tried again. A statement that needs longer says so in its revision."""


async def upgrade(settings: DatabaseSettings, folder: Path, revision: str = "head") -> None:
    """Brings the service's database to a revision of the migrations in `folder`."""
    engine = create_async_engine(
        settings.database_url.get_secret_value(),
        poolclass=NullPool,
        connect_args={"dsn": settings.asyncpg_dsn, "server_settings": SERVER_SETTINGS},
    )
    try:
        async with engine.connect() as holder, engine.connect() as connection:
            await _lock(await holder.execution_options(isolation_level="AUTOCOMMIT"))
            await connection.run_sync(_upgrade, folder, revision)
    finally:
        await engine.dispose()


async def _lock(holder: AsyncConnection) -> None:
    """Waits until no other process migrates; the lock goes with the connection. It asks again and
    again instead of waiting in the database: CREATE INDEX CONCURRENTLY waits for whoever waits."""
    while not await holder.scalar(  # noqa: ASYNC110 - the event is in another process
        text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}
    ):
        await asyncio.sleep(LOCK_POLL_SECONDS)


def upgrade_now(settings: DatabaseSettings, folder: Path) -> None:
    """`upgrade` to the newest revision, from code that is not asynchronous."""
    asyncio.run(upgrade(settings, folder))


def config_of(folder: Path, connection: Connection | None = None) -> Config:
    """Alembic's configuration for a service's migrations."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def sql_of(folder: Path, revision: str) -> str:
    """The statements of one revision, as a database would get them."""
    config = config_of(folder)
    before = ScriptDirectory.from_config(config).get_revision(revision).down_revision
    config.output_buffer = io.StringIO()
    command.upgrade(config, f"{before or 'base'}:{revision}", sql=True)
    limits = "".join(f"SET {name} = '{value}';\n" for name, value in SERVER_SETTINGS.items())
    return limits + config.output_buffer.getvalue()


def run_env(*metadata: MetaData) -> None:
    """The body of every service's `env.py`: migrate over the connection that `upgrade` opened, or
    write the statements down without any (`sql_of`)."""
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", literal_binds=True)
        context.run_migrations()
        return
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=[tables.metadata, *metadata],
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _upgrade(connection: Connection, folder: Path, revision: str) -> None:
    command.upgrade(config_of(folder, connection), revision)


def platform_v1() -> None:
    """Outbox (with its wake-up call to the relay), inbox, idempotency and audit."""
    for statement in _PLATFORM_V1:
        op.execute(statement)


def platform_v2() -> None:
    """Under which id an audit row was told to the disclosure log; rows of clients that were not
    told yet are found by an index of theirs alone."""
    op.execute("ALTER TABLE audit ADD COLUMN told_as UUID")
    op.execute(
        "CREATE INDEX audit_untold ON audit (id) WHERE told_as IS NULL AND client_ref IS NOT NULL"
    )


def platform_v2_undone() -> None:
    """Takes that away again."""
    op.execute("ALTER TABLE audit DROP COLUMN told_as")


def platform_v3() -> None:
    """What could not be applied, and what was decided of it."""
    op.execute(
        """
        CREATE TABLE dead_letters (
            letter_id UUID PRIMARY KEY,
            event_id UUID NOT NULL,
            consumer_group VARCHAR(120) NOT NULL,
            topic VARCHAR(120) NOT NULL,
            partition INTEGER NOT NULL,
            "offset" BIGINT NOT NULL,
            reason VARCHAR(60) NOT NULL,
            detail TEXT NOT NULL,
            set_aside_at TIMESTAMPTZ NOT NULL DEFAULT now(),
            state VARCHAR(20) NOT NULL,
            replays INTEGER NOT NULL DEFAULT 0,
            decided_at TIMESTAMPTZ,
            decided_by VARCHAR(200),
            note TEXT
        )
        """
    )
    op.execute(
        "CREATE INDEX dead_letters_waiting ON dead_letters (set_aside_at) "
        "WHERE state IN ('open', 'replaying')"
    )


def platform_v3_undone() -> None:
    """Takes that away again."""
    op.execute("DROP TABLE dead_letters")


def platform_v4() -> None:
    """What is to be sent stands in a queue of its own, so that no row of the outbox is ever written
    again: a mark in a row of the outbox wrote the whole row, and three of its indexes, anew.

    A trigger fills the queue, also for processes of before that write meanwhile. It begins with
    what waits now. Relays of before go on by their mark, also if one goes back to them: what both
    send comes twice, and nothing is left out.
    """
    for statement in _PLATFORM_V4:
        op.execute(statement)


def platform_v4_undone() -> None:
    """Marks in the rows what was sent, as before."""
    for statement in _PLATFORM_V4_UNDONE:
        op.execute(statement)


_PLATFORM_V4 = (
    """
    CREATE TABLE outbox_queue (
        outbox_id BIGINT PRIMARY KEY,
        key_hash INTEGER NOT NULL,
        queued_at TIMESTAMPTZ NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE FUNCTION outbox_line_up() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO outbox_queue (outbox_id, key_hash) SELECT id, key_hash FROM added;
        RETURN NULL;
    END $$
    """,
    "DROP TRIGGER outbox_wake ON outbox",
    """
    CREATE TRIGGER outbox_line_up AFTER INSERT ON outbox REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_line_up()
    """,
    """
    INSERT INTO outbox_queue (outbox_id, key_hash, queued_at)
    SELECT id, key_hash, created_at FROM outbox WHERE published_at IS NULL
    """,
    """
    CREATE TRIGGER outbox_wake AFTER INSERT ON outbox_queue
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_wake()
    """,
)
_PLATFORM_V4_UNDONE = (
    """
    UPDATE outbox SET published_at = now()
    WHERE published_at IS NULL AND NOT EXISTS (SELECT FROM outbox_queue WHERE outbox_id = id)
    """,
    """
    UPDATE outbox SET published_at = NULL
    WHERE published_at IS NOT NULL AND id IN (SELECT outbox_id FROM outbox_queue)
    """,
    "DROP TRIGGER outbox_line_up ON outbox",
    "DROP FUNCTION outbox_line_up()",
    "DROP TABLE outbox_queue",
    """
    CREATE TRIGGER outbox_wake AFTER INSERT ON outbox
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_wake()
    """,
)
_PLATFORM_V1: tuple[Any, ...] = (
    """
    CREATE TABLE outbox (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id UUID NOT NULL UNIQUE,
        topic VARCHAR(120) NOT NULL,
        key BYTEA NOT NULL,
        key_hash INTEGER NOT NULL,
        value BYTEA NOT NULL,
        headers JSON NOT NULL,
        created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
        published_at TIMESTAMPTZ
    )
    """,
    "CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL",
    """
    CREATE FUNCTION outbox_wake() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('nopsa_outbox', '');
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER outbox_wake AFTER INSERT ON outbox
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_wake()
    """,
    """
    CREATE TABLE inbox (
        event_id UUID PRIMARY KEY,
        topic VARCHAR(120) NOT NULL,
        partition INTEGER NOT NULL,
        "offset" BIGINT NOT NULL,
        outcome VARCHAR(20) NOT NULL,
        received_at TIMESTAMPTZ NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE idempotency (
        caller VARCHAR(200) NOT NULL,
        key VARCHAR(200) NOT NULL,
        fingerprint BYTEA NOT NULL,
        status SMALLINT NOT NULL,
        headers JSONB NOT NULL,
        body JSON NOT NULL,
        created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
        PRIMARY KEY (caller, key)
    )
    """,
    "CREATE INDEX idempotency_age ON idempotency (created_at)",
    """
    CREATE TABLE audit (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at TIMESTAMPTZ NOT NULL DEFAULT now(),
        action VARCHAR(60) NOT NULL,
        subject_type VARCHAR(40) NOT NULL,
        subject_id UUID,
        client_ref UUID,
        actor VARCHAR(200) NOT NULL,
        actor_org VARCHAR(120),
        actor_worker VARCHAR(120),
        purpose VARCHAR(40),
        basis VARCHAR(60),
        trace_id VARCHAR(32)
    )
    """,
    "CREATE INDEX audit_client ON audit (client_ref, id)",
    "CREATE INDEX audit_subject ON audit (subject_id, id)",
)


def main() -> None:
    """Migrates the database of `NOPSA_DATABASE_URL` with the migrations of the package named."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m shared.migrations services.<name>")
    package = importlib.import_module(sys.argv[1])
    folder = Path(str(package.__file__)).parent / "migrations"
    if not folder.is_dir():
        sys.exit(f"{sys.argv[1]} has no migrations")
    upgrade_now(configuration.read(DatabaseSettings), folder)
    print(f"{sys.argv[1]} is migrated")


if __name__ == "__main__":
    main()
