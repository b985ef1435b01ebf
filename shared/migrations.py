"""Migrations: each service has its own alembic folder; the running of it is the same.

`upgrade` runs in process, under an advisory lock, so that several processes may start at once.
`platform_v1` makes the platform's own tables as the first revision of every service knows them;
`platform_v2` lets the audit log be told.
"""

import asyncio
from pathlib import Path
from typing import Any

from alembic import command, context, op
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared import tables
from shared.settings import DatabaseSettings

LOCK = 0x6D696772
LOCK_TIMEOUT = "5s"


async def upgrade(settings: DatabaseSettings, folder: Path, revision: str = "head") -> None:
    """Brings the service's database to a revision of the migrations in `folder`."""
    engine = create_async_engine(settings.database_url.get_secret_value(), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade, folder, revision)
            await connection.commit()
    finally:
        await engine.dispose()


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


def run_env(*metadata: MetaData) -> None:
    """The body of every service's `env.py`: migrate over the connection that `upgrade` opened."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=[tables.metadata, *metadata],
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _upgrade(connection: Connection, folder: Path, revision: str) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
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
