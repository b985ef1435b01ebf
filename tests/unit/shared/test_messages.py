"""Any bytes on any topic are answered: an event, a newer type, or poison with a reason."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from aiokafka import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st

from shared import outbox
from shared.contracts.consent import ConsentRevoked
from shared.messages import (
    MAX_DEAD_VALUE_BYTES,
    PoisonError,
    dead_letter_of,
    headers_of,
    identity_of,
    parse,
)
from tests.contract.test_contracts import SAMPLES


def record(
    value: bytes | None, headers: list[tuple[str, bytes]], key: bytes | None = b"k"
) -> ConsumerRecord:
    return ConsumerRecord(
        topic="nopsa.consent.v1",
        partition=2,
        offset=7,
        timestamp=0,
        timestamp_type=0,
        key=key,
        value=value,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=tuple(headers),
    )


def revoked() -> ConsumerRecord:
    data = ConsentRevoked(
        aggregate_id=uuid4(),
        version=2,
        occurred_at=datetime(2026, 11, 22, tzinfo=UTC),
        client_ref=uuid4(),
        direction="to_partner",
    )
    message = outbox.message(data, key=data.client_ref, correlation_id=uuid4())
    return record(message.value, [(name, value.encode()) for name, value in message.headers])


def test_an_event_is_read_as_it_was_written() -> None:
    written = revoked()
    read = parse(written)
    assert read is not None
    assert isinstance(read.data, ConsentRevoked)
    assert str(read.event_id) == headers_of(written)["ce_id"]
    assert str(read.correlation_id) == headers_of(written)["ce_correlationid"]


def poison_of(strange: ConsumerRecord) -> PoisonError | None:
    try:
        parse(strange)
    except PoisonError as error:
        return error
    return None


GOLDEN = {path.name.removesuffix(".json"): json.loads(path.read_bytes()) for path in SAMPLES}
ASSIGNED, DISCLOSED = "nopsa.case.assigned.v1", "nopsa.disclosure.disclosed.v1"


def bent(event_type: str, **fields: object) -> ConsumerRecord:
    """A published event with some fields changed."""
    named = [("ce_id", str(uuid4()).encode()), ("ce_type", event_type.encode())]
    return record(json.dumps(GOLDEN[event_type] | fields).encode(), named)


@pytest.mark.parametrize(
    ("event_type", "field", "value", "why"),
    [
        (ASSIGNED, "version", 2**31, "integer_out_of_reach"),
        (ASSIGNED, "version", 2**63, "integer_out_of_reach"),
        (ASSIGNED, "version", 10**40, "integer_out_of_reach"),
        (ASSIGNED, "version", -1, "greater_than"),
        (DISCLOSED, "audit_id", 2**63, "integer_out_of_reach"),
        (ASSIGNED, "municipality", "39\x008", "nul_in_text"),
        (ASSIGNED, "municipality", "3" * 501, "text_too_long"),
        ("nopsa.team.team-changed.v1", "municipalities", ["398", "\x00"], "nul_in_text"),
        (ASSIGNED, "occurred_at", "0001-01-01T00:00:00+14:00", "moment_out_of_reach"),
        (ASSIGNED, "contact_due_at", "9999-12-31T23:59:59-14:00", "moment_out_of_reach"),
        (ASSIGNED, "assessment_due_on", "0001-01-01", "moment_out_of_reach"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_no_database_of_ours_can_hold_is_poison_at_once(
    event_type: str, field: str, value: object, why: str
) -> None:
    poison = poison_of(bent(event_type, **{field: value}))
    assert poison is not None
    assert (poison.reason, poison.detail) == ("schema_violation", f"{field}: {why}")


def test_what_counts_rows_may_be_as_large_as_rows_are_counted() -> None:
    assert poison_of(bent(DISCLOSED, audit_id=2**63 - 1)) is None
    assert poison_of(bent("nopsa.disclosure.sealed.v1", version=2**31)) is None
    assert poison_of(bent(ASSIGNED, version=2**31 - 1)) is None


def test_every_published_event_can_be_held() -> None:
    assert [name for name in GOLDEN if poison_of(bent(name)) is not None] == []


headers = st.lists(
    st.tuples(st.sampled_from(["ce_id", "ce_type", "traceparent", "x"]), st.binary(max_size=40)),
    max_size=6,
)


@given(st.none() | st.binary(max_size=200), headers, st.none() | st.binary(max_size=20))
def test_any_bytes_are_answered(
    value: bytes | None, found: list[tuple[str, bytes]], key: bytes | None
) -> None:
    strange = record(value, found, key)
    reason = poison_of(strange)
    if reason is not None:
        letter = dead_letter_of(strange, reason, "caseload")
        assert letter.value == (value or b"")
        assert ["dlq_reason", reason.reason] in letter.headers
    assert identity_of(strange) == identity_of(record(value, found, key))


def test_a_poison_message_keeps_its_content_and_tells_its_place() -> None:
    whole = revoked()
    broken = record(b'{"aggregate_id": "131052-308T"}', list(whole.headers))
    with pytest.raises(PoisonError) as raised:
        parse(broken)
    letter = dead_letter_of(broken, raised.value, "caseload")
    told = dict(letter.headers)
    assert letter.topic == "nopsa.consent.v1.dlq"
    assert letter.value == broken.value
    assert (told["dlq_partition"], told["dlq_offset"]) == ("2", "7")
    assert "131052" not in told["dlq_detail"], "the reason quotes no content"


def test_what_is_too_large_to_send_is_cut() -> None:
    letter = dead_letter_of(record(b"x" * 2_000_000, []), PoisonError("header_missing"), "referral")
    assert len(letter.value) == MAX_DEAD_VALUE_BYTES


def test_two_records_without_an_id_are_told_apart_by_place_and_content() -> None:
    assert identity_of(record(b"a", [])) != identity_of(record(b"b", []))
