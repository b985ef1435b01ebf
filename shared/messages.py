"""Reading a message from a topic: what it must be to be applied, and why it cannot be.

Nothing here raises anything but `PoisonError`: any bytes on any topic are answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import NAMESPACE_OID, UUID, uuid5

from aiokafka import ConsumerRecord
from pydantic import ValidationError

from shared.contracts import EventData, event_class
from shared.contracts.topics import dead_letter
from shared.holding import unholdable
from shared.ids import new_id
from shared.outbox import Message
from shared.redaction import field_name

MAX_DEAD_VALUE_BYTES = 512_000
MAX_DEAD_HEADER_BYTES = 2_000
MAX_DEAD_HEADERS = 60
UNREADABLE = "nopsa_unreadable"
"""The header of a record that stands in the place of one that the Kafka client cannot read."""

REASON_HEADERS = (
    "dlq_reason",
    "dlq_detail",
    "dlq_topic",
    "dlq_partition",
    "dlq_offset",
    "dlq_service",
)


class PoisonError(Exception):
    """A message that can never be applied. `reason` is a stable code; `detail` holds no content."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Received:
    """An event as it arrived, parsed."""

    event_id: UUID
    type: str
    time: datetime
    correlation_id: UUID | None
    data: EventData


def headers_of(record: ConsumerRecord) -> dict[str, str]:
    """The headers as text, bytes read as Latin-1; the last of a name wins."""
    return {name: (value or b"").decode("latin-1") for name, value in record.headers}


def unreadable(topic: str, partition: int, offset: int) -> ConsumerRecord:
    """What stands in the place of a record that cannot be read: it can only be set aside."""
    return ConsumerRecord(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=None,
        value=None,
        checksum=None,
        serialized_key_size=-1,
        serialized_value_size=-1,
        headers=((UNREADABLE, b""),),
    )


def parse(record: ConsumerRecord) -> Received | None:
    """The event of a record; None for a type this version does not know (it may be newer).

    Raises `PoisonError` when the record is no event, or not what its type promises.
    """
    headers = headers_of(record)
    if UNREADABLE in headers:
        raise PoisonError("unreadable", "a header name in its batch is no UTF-8")
    event_id = _uuid(headers, "ce_id")
    event_type = headers.get("ce_type")
    if not event_type:
        raise PoisonError("header_missing", "ce_type")
    if event_id is None:
        raise PoisonError("header_missing", "ce_id")
    data_class = event_class(event_type)
    if data_class is None:
        return None
    try:
        data = data_class.model_validate_json(record.value or b"")
    except ValidationError as error:
        raise PoisonError("schema_violation", _where(error)) from None
    if beyond := unholdable(data):
        raise PoisonError("schema_violation", ", ".join(beyond[:5]))
    correlation = _uuid(headers, "ce_correlationid")
    return Received(event_id, event_type, data.occurred_at, correlation, data)


def span_attributes(record: ConsumerRecord, event: Received) -> dict[str, str | int]:
    """What a trace tells of the handling of an event, by OpenTelemetry's names."""
    return {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.destination.name": record.topic,
        "messaging.destination.partition.id": str(record.partition),
        "messaging.kafka.offset": record.offset,
        "nopsa.event_id": str(event.event_id),
        "nopsa.event_type": event.type,
    }


def identity_of(record: ConsumerRecord) -> UUID:
    """A stable id for any record: its event id, else one made of its place and content."""
    event_id = _uuid(headers_of(record), "ce_id")
    if event_id is not None:
        return event_id
    content = sha256((record.key or b"") + b"\0" + (record.value or b"")).hexdigest()
    return uuid5(NAMESPACE_OID, f"{record.topic}/{record.partition}/{record.offset}/{content}")


def dead_letter_of(record: ConsumerRecord, error: PoisonError, service: str) -> Message:
    """The record as it came, for its dead-letter topic, with why and where it was given up.

    What is larger than any event of ours can be is cut, so that the letter itself can be sent.
    """
    place = (record.topic, str(record.partition), str(record.offset), service)
    reasons = zip(REASON_HEADERS, (error.reason, error.detail, *place), strict=True)
    kept = [
        [name, (value or b"").decode("latin-1")[:MAX_DEAD_HEADER_BYTES]]
        for name, value in record.headers[:MAX_DEAD_HEADERS]
        if name not in REASON_HEADERS
    ]
    return Message(
        event_id=new_id(),
        topic=dead_letter(record.topic),
        key=(record.key or b"")[:MAX_DEAD_HEADER_BYTES],
        value=(record.value or b"")[:MAX_DEAD_VALUE_BYTES],
        headers=kept + [list(pair) for pair in reasons],
    )


def _uuid(headers: Mapping[str, str], name: str) -> UUID | None:
    try:
        return UUID(headers[name])
    except (KeyError, ValueError):
        return None


def _where(error: ValidationError) -> str:
    """Field paths and error codes only: the values may be anything."""
    details = error.errors(include_input=False, include_context=False, include_url=False)
    return ", ".join(
        f"{'/'.join(field_name(part) for part in detail['loc'])}: {detail['type']}"
        for detail in details[:5]
    )
