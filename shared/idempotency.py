"""A repeated request gets its first answer again, and does its work once.

The stored answer is part of the command's own transaction. A lock on (caller, key) that lasts as
long as that transaction tells a request that is still running from one that is done.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.crypto import BlindIndex
from shared.problems import IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_KEY_REUSED, Problem
from shared.tables import idempotency

KEPT_FOR = timedelta(hours=48)
"""The promise is at least 24 hours."""

_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")


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
    """The key of a request; None when it has none.

    The fingerprint is keyed, since a body may hold an identity code that a plain hash would give
    away.
    """
    if key is None:
        return None
    current, *older = fingerprints_of(index, operation, body)
    return RequestKey(caller, key, current, tuple(older))


def fingerprint_of(index: BlindIndex, operation: str, body: Any) -> bytes:
    """A keyed hash of an operation and its JSON body, the same for any spacing or order."""
    return fingerprints_of(index, operation, body)[0]


def fingerprints_of(index: BlindIndex, operation: str, body: Any) -> list[bytes]:
    """That hash under every key of the ring, the current one first."""
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return index.candidates("request", f"{operation}\n{canonical}")


async def once(
    session: AsyncSession, request: RequestKey | None, work: Callable[[], Awaitable[Answer]]
) -> Answer:
    """Does `work` in the open transaction unless this request was answered before.

    Raises the problems `idempotency_in_progress` (409) and `idempotency_key_reused` (422).
    """
    if request is None:
        return await work()
    name = f"{request.caller}\n{request.key}"
    if not await session.scalar(_TRY_LOCK, {"name": name}):
        raise Problem(IDEMPOTENCY_IN_PROGRESS, headers={"Retry-After": "1"})
    first = await _first_answer(session, request)
    if first is not None:
        return first
    answer = await work()
    await session.execute(
        idempotency.insert().values(
            caller=request.caller,
            key=request.key,
            fingerprint=request.fingerprint,
            status=answer.status,
            headers=dict(answer.headers),
            body=answer.body,
        )
    )
    return answer


async def forget_old(session: AsyncSession) -> int:
    """Deletes answers older than `KEPT_FOR`; how many."""
    done = await session.execute(
        delete(idempotency).where(idempotency.c.created_at < func.now() - KEPT_FOR)
    )
    return int(getattr(done, "rowcount", 0))


async def _first_answer(session: AsyncSession, request: RequestKey) -> Answer | None:
    row = (
        await session.execute(
            select(idempotency).where(
                idempotency.c.caller == request.caller, idempotency.c.key == request.key
            )
        )
    ).first()
    if row is None:
        return None
    if row.fingerprint not in (request.fingerprint, *request.older):
        raise Problem(IDEMPOTENCY_KEY_REUSED)
    return Answer(row.status, row.body, row.headers, replayed=True)
