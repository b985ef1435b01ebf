"""A repeated request gets its first answer again, and does its work once.

The stored answer is part of the command's own transaction. A lock on (caller, key) that lasts as
long as that transaction tells a request that is still running from one that is done.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, text
from sqlalchemy.dialects.postgresql import ARRAY, VARCHAR
from sqlalchemy.ext.asyncio import AsyncSession

from shared.crypto import BlindIndex
from shared.jsontext import canonical
from shared.problems import IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_KEY_REUSED, Problem
from shared.rows import insert_all
from shared.statements import Prepared
from shared.tables import idempotency

KEPT_FOR = timedelta(hours=48)
"""The promise is at least 24 hours."""

_TRY_LOCKS = Prepared(
    text(
        """
        SELECT pg_try_advisory_xact_lock(hashtextextended(name, 0))
        FROM unnest(:names) WITH ORDINALITY AS n(name, nth)
        ORDER BY nth
        """
    ).bindparams(bindparam("names", type_=ARRAY(VARCHAR)))
)
_FIRST_ANSWERS = Prepared(
    text(
        """
        SELECT first.*
        FROM unnest(:callers, :keys) AS asked(caller, key)
        CROSS JOIN LATERAL (
            SELECT i.caller, i.key, i.fingerprint, i.status, i.headers, i.body
            FROM idempotency AS i
            WHERE i.caller = asked.caller AND i.key = asked.key
            LIMIT 1
        ) AS first
        """
    ).bindparams(
        bindparam("callers", type_=ARRAY(VARCHAR)), bindparam("keys", type_=ARRAY(VARCHAR))
    )
)
"""One look into the index for each: a plan of a join, made while the table was small, would read
all of it until the table is analysed."""


@dataclass(frozen=True)
class Answer:
    """What a creating request is answered with; `body` is JSON-ready and holds no identities."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    replayed: bool = False


@dataclass(frozen=True)
class RequestKey:
    """Whose request it is, its key, and a keyed hash of what it asked for; `older` are its hashes
    under the older keys of the ring, by which the same request of earlier is known."""

    caller: str
    key: str
    fingerprint: bytes
    older: tuple[bytes, ...] = ()


def request_key(
    index: BlindIndex, *, caller: str, key: str | None, operation: str, body: Any
) -> RequestKey | None:
    """The key of a request that may have none."""
    if key is None:
        return None
    return required_key(index, caller=caller, key=key, operation=operation, body=canonical(body))


def required_key(
    index: BlindIndex, *, caller: str, key: str, operation: str, body: str
) -> RequestKey:
    """The key of a request, whose body is given as its canonical JSON.

    The fingerprint is keyed, since a body may hold an identity code that a plain hash would give
    away.
    """
    current, *older = fingerprints_of(index, operation, body)
    return RequestKey(caller, key, current, tuple(older))


def fingerprints_of(index: BlindIndex, operation: str, body: str) -> list[bytes]:
    """A keyed hash of an operation and its body (canonical JSON), the same for any spacing or
    order, under every key of the ring, the current one first."""
    return index.candidates("request", f"{operation}\n{body}")


async def once(
    session: AsyncSession, request: RequestKey | None, work: Callable[[], Awaitable[Answer]]
) -> Answer:
    """Does `work` in the open transaction unless this request was answered before.

    Raises the problems `idempotency_in_progress` (409) and `idempotency_key_reused` (422).
    """
    if request is None:
        return await work()
    (first,) = await first_answers(session, [request])
    if isinstance(first, Problem):
        raise first
    if first is not None:
        return first
    answer = await work()
    await keep_answers(session, [(request, answer)])
    return answer


async def first_answers(
    session: AsyncSession, requests: Sequence[RequestKey]
) -> list[Answer | Problem | None]:
    """Of each request, no two with the same key: how it was answered before, or why it is refused;
    None for those to be answered now, whose answers go to `keep_answers` in the same transaction.
    """
    names = [f"{request.caller}\n{request.key}" for request in requests]
    locked = await _TRY_LOCKS(session, names=names)
    # Asked only now: a statement does not see what was committed after it began.
    rows = await _FIRST_ANSWERS(
        session,
        callers=[request.caller for request in requests],
        keys=[request.key for request in requests],
    )
    earlier = {(caller, key): first for caller, key, *first in rows}
    return [
        _first(request, earlier.get((request.caller, request.key))) if is_ours else _in_progress()
        for request, (is_ours,) in zip(requests, locked, strict=True)
    ]


async def keep_answers(
    session: AsyncSession, answered: Sequence[tuple[RequestKey, Answer]]
) -> None:
    """Keeps the answers for those who ask again."""
    rows = [
        {
            "caller": request.caller,
            "key": request.key,
            "fingerprint": request.fingerprint,
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": answer.body,
        }
        for request, answer in answered
    ]
    await insert_all(session, idempotency, rows)


async def forget_old(session: AsyncSession) -> int:
    """Deletes answers older than `KEPT_FOR`; how many."""
    done = await session.execute(
        delete(idempotency).where(idempotency.c.created_at < func.now() - KEPT_FOR)
    )
    return int(getattr(done, "rowcount", 0))


def _in_progress() -> Problem:
    return Problem(IDEMPOTENCY_IN_PROGRESS, headers={"Retry-After": "1"})


def _first(request: RequestKey, stored: Sequence[Any] | None) -> Answer | Problem | None:
    if stored is None:
        return None
    fingerprint, status, headers, body = stored
    if fingerprint not in (request.fingerprint, *request.older):
        return Problem(IDEMPOTENCY_KEY_REUSED)
    return Answer(status, body, headers, replayed=True)
