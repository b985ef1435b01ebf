"""A cursor in the line: the position of the last place shown, which need not be there still, and
the moment of the first page, so that nobody grows older between two pages."""

import base64
import struct
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.caseload.waitlist.rules import Priority
from shared.problems import INVALID_CURSOR, Problem

_POSITION = struct.Struct(">qBiiq16sd16s")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def encode(last: Priority, now: datetime) -> str:
    """A cursor behind the place with this priority."""
    level, arrived, leaves, received, stands_at, offset, place = last
    position = _POSITION.pack(
        _number(now),
        level,
        arrived.toordinal(),
        leaves.toordinal(),
        _number(received),
        stands_at.bytes,
        offset,
        place.bytes,
    )
    return base64.urlsafe_b64encode(position).decode()


def decode(cursor: str) -> tuple[Priority, datetime]:
    """The priority that a cursor points behind, and its moment. Raises `invalid_cursor`."""
    try:
        now, level, arrived, leaves, received, stands_at, offset, place = _POSITION.unpack(
            base64.urlsafe_b64decode(cursor)
        )
        priority = (
            level,
            date.fromordinal(arrived),
            date.fromordinal(leaves),
            _moment(received),
            UUID(bytes=stands_at),
            offset,
            UUID(bytes=place),
        )
        return priority, _moment(now)
    except (ValueError, OverflowError, struct.error):
        raise Problem(INVALID_CURSOR) from None


def _number(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(number: int) -> datetime:
    return _EPOCH + number * _MICROSECOND
