"""The platform's tables, the same in every service's database.

outbox: events not yet, or already, on the broker. inbox: events already applied. idempotency:
first answers to repeated requests. dead_letters: what could not be applied, and what was decided of
it. audit: who read or changed what; `told_as` is the id under which
the disclosure log was told of it. Core tables, not ORM classes:
they are written on every request, and the ORM costs several times as much.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()


class Moment(DateTime):
    """A point in time, kept with its zone; the column type of every service's own tables."""

    def __init__(self) -> None:
        super().__init__(timezone=True)


_NOW = func.now()

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("topic", String(120), nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("key_hash", Integer, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("published_at", DateTime(timezone=True)),
    Index("outbox_unpublished", "id", postgresql_where=text("published_at IS NULL")),
)
"""`published_at` tells nothing any more: relays of before the queue send by it, while one release
replaces another; it goes with the next one."""

outbox_queue = Table(
    "outbox_queue",
    metadata,
    Column("outbox_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key_hash", Integer, nullable=False),
    Column("queued_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
)
"""Which rows of the outbox are still to be sent. A trigger of the outbox fills it."""

inbox = Table(
    "inbox",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("topic", String(120), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("caller", String(200), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", JSON, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Index("idempotency_age", "created_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("action", String(60), nullable=False),
    Column("subject_type", String(40), nullable=False),
    Column("subject_id", Uuid),
    Column("client_ref", Uuid),
    Column("actor", String(200), nullable=False),
    Column("actor_org", String(120)),
    Column("actor_worker", String(120)),
    Column("purpose", String(40)),
    Column("basis", String(60)),
    Column("trace_id", String(32)),
    Column("told_as", Uuid),
    Index("audit_client", "client_ref", "id"),
    Index("audit_subject", "subject_id", "id"),
    Index(
        "audit_untold",
        "id",
        postgresql_where=text("told_as IS NULL AND client_ref IS NOT NULL"),
    ),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("letter_id", Uuid, primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("consumer_group", String(120), nullable=False),
    Column("topic", String(120), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("reason", String(60), nullable=False),
    Column("detail", Text, nullable=False),
    Column("set_aside_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("state", String(20), nullable=False),
    Column("replays", Integer, nullable=False, server_default=text("0")),
    Column("decided_at", DateTime(timezone=True)),
    Column("decided_by", String(200)),
    Column("note", Text),
    Index(
        "dead_letters_waiting",
        "set_aside_at",
        postgresql_where=text("state IN ('open', 'replaying')"),
    ),
)

OUTBOX_CHANNEL = "nopsa_outbox"
