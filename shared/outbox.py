"""Events leave a service through its outbox: written in the command's own transaction.

`append` is the last thing a command does. It takes a lock per key until the commit, so that
within one key the order of ids is the order of commits, and the relay may go by id.
`python -m shared.outbox replay-all` puts every event back in the queue (same ids, so consumers
apply none twice); a broker that forgets needs it.
"""

import asyncio
import sys
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, INTEGER, VARCHAR
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.ext.asyncio import AsyncSession

from shared import configuration, telemetry
from shared.contracts import EventData, topic_of, type_of
from shared.ids import new_id
from shared.jsontext import text_of
from shared.settings import DatabaseSettings
from shared.statements import Prepared

LOCK_CLASS = 0x6E6F7073
Headers = list[list[str]]

_APPEND = Prepared(
    text(
        """
        WITH locked AS MATERIALIZED (
            SELECT count(pg_advisory_xact_lock(:lock_class, hash)) AS taken
            FROM (SELECT DISTINCT h AS hash FROM unnest(:hashes) AS h ORDER BY h) AS ordered
        )
        INSERT INTO outbox (event_id, topic, key, key_hash, value, headers)
        SELECT e.event_id, e.topic, e.key, e.key_hash, e.value, CAST(e.headers AS json)
        FROM locked, unnest(:event_ids, :topics, :keys, :hashes, :values, :headers)
            WITH ORDINALITY AS e(event_id, topic, key, key_hash, value, headers, nth)
        WHERE locked.taken > 0
        ORDER BY e.nth
        """
    ).bindparams(
        bindparam("lock_class", LOCK_CLASS, type_=INTEGER),
        bindparam("hashes", type_=ARRAY(INTEGER)),
        bindparam("event_ids", type_=ARRAY(PG_UUID(as_uuid=True))),
        bindparam("topics", type_=ARRAY(VARCHAR)),
        bindparam("keys", type_=ARRAY(BYTEA)),
        bindparam("values", type_=ARRAY(BYTEA)),
        bindparam("headers", type_=ARRAY(VARCHAR)),
    )
)


def current_trace() -> Headers:
    """The trace that messages made now belong to."""
    return [list(pair) for pair in telemetry.carrier().items()]


@dataclass(frozen=True)
class Message:
    """One message for a topic; header values are text, bytes read as Latin-1. It goes out under
    the trace it was made in."""

    event_id: UUID
    topic: str
    key: bytes
    value: bytes
    headers: Headers
    trace: Headers = field(default_factory=current_trace)


def message(
    data: EventData,
    *,
    key: UUID,
    correlation_id: UUID | None = None,
    event_id: UUID | None = None,
    trace: Headers | None = None,
) -> Message:
    """The event as a CloudEvents message in Kafka's binary mode, in this trace or the current one.

    `key` is the client_ref where there is one, else the aggregate: all that happens to one person
    is in order. `correlation_id` is the referral that began it.
    """
    event_id = event_id or new_id()
    event_type = type_of(type(data))
    headers = [
        ["content-type", "application/json"],
        ["ce_specversion", "1.0"],
        ["ce_id", str(event_id)],
        ["ce_source", f"/nopsa/{telemetry.service_name()}"],
        ["ce_type", event_type],
        ["ce_subject", str(data.aggregate_id)],
        ["ce_time", data.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z")],
        ["ce_dataschema", f"urn:nopsa:schema:{event_type}"],
    ]
    if correlation_id is not None:
        headers.append(["ce_correlationid", str(correlation_id)])
    value = data.model_dump_json(exclude_none=True).encode()
    return Message(
        event_id, topic_of(type(data)), str(key).encode(), value, headers, trace or current_trace()
    )


def key_hash(key: bytes) -> int:
    """A stable signed 32-bit hash of the key: the outbox lane and the lock of that key."""
    unsigned = zlib.crc32(key)
    return unsigned - (1 << 32) if unsigned >= 1 << 31 else unsigned


async def append(session: AsyncSession, messages: Sequence[Message]) -> None:
    """Writes the messages, in their order, with the trace they belong to. Call it last."""
    if not messages:
        return
    await _APPEND(
        session,
        hashes=[key_hash(m.key) for m in messages],
        event_ids=[m.event_id for m in messages],
        topics=[m.topic for m in messages],
        keys=[m.key for m in messages],
        values=[m.value for m in messages],
        headers=[text_of(_without_trace(m.headers) + m.trace) for m in messages],
    )


async def replay_all(dsn: str) -> int:
    """Puts every event back in the queue, so that the relay sends all again; how many it put."""
    connection = await asyncpg.connect(dsn)
    try:
        if await connection.fetchval("SELECT to_regclass('outbox')") is None:
            return 0
        done = await connection.execute(
            "INSERT INTO outbox_queue (outbox_id, key_hash) SELECT id, key_hash FROM outbox "
            "ON CONFLICT DO NOTHING"
        )
        return int(done.split()[-1])
    finally:
        await connection.close()


def _without_trace(headers: Iterable[list[str]]) -> Headers:
    return [pair for pair in headers if pair[0] not in telemetry.TRACE_HEADERS]


def main() -> None:
    """`python -m shared.outbox replay-all`, on the database of `NOPSA_DATABASE_URL`."""
    if sys.argv[1:] != ["replay-all"]:
        sys.exit("usage: python -m shared.outbox replay-all")
    count = asyncio.run(replay_all(configuration.read(DatabaseSettings).asyncpg_dsn))
    print(f"{count} events queued again")


if __name__ == "__main__":
    main()
