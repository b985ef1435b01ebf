"""A server that has run out of room is one that cannot be reached now: callers are told to come
back, events wait for it, and nothing is set aside."""

import asyncpg
import pytest
from sqlalchemy.exc import OperationalError

from shared.db import is_transient, is_unavailable, refusal_of

OUT_OF_ROOM = (
    asyncpg.DiskFullError,
    asyncpg.OutOfMemoryError,
    asyncpg.TooManyConnectionsError,
    asyncpg.PostgresIOError,
)


def wrapped(error: Exception) -> OperationalError:
    """As SQLAlchemy hands on what the driver says."""
    outer = Exception()
    outer.__cause__ = error
    return OperationalError("INSERT", {}, outer)


@pytest.mark.parametrize("kind", OUT_OF_ROOM)
def test_a_server_out_of_room_is_unavailable_and_may_be_asked_again(kind: type[Exception]) -> None:
    for error in (kind("no room"), wrapped(kind("no room"))):
        assert is_unavailable(error)
        assert is_transient(error)


@pytest.mark.parametrize("kind", [asyncpg.UniqueViolationError, asyncpg.DataError])
def test_a_refusal_of_what_was_sent_is_neither(kind: type[Exception]) -> None:
    assert not is_unavailable(wrapped(kind("no")))
    assert not is_transient(wrapped(kind("no")))


def test_a_refusal_is_told_by_the_schemas_names_alone() -> None:
    clash = asyncpg.UniqueViolationError("Key (name)=(Aino) already exists.")
    clash.table_name, clash.constraint_name = "clients", "clients_pkey"
    told = {"sqlstate": "23505", "table_name": "clients", "constraint_name": "clients_pkey"}
    assert refusal_of(clash) == refusal_of(wrapped(clash)) == told
    assert refusal_of(ValueError("Aino")) == {}
