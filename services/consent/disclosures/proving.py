"""Proving that the log is whole: a walk over its chain, page by page, whatever its length.

The log only grows, so each page is a short transaction of its own, and what is appended meanwhile
is not looked at. The hashing is done aside of the loop that serves others.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.disclosures import rules
from services.consent.disclosures.rules import BEGINNING, FIELDS, Broken, Line, Mark
from services.consent.disclosures.schemas import BrokenView, ProofView, SealView, Since
from services.consent.tables import Disclosure, DisclosureHead, DisclosureSeal
from shared import audit
from shared.auth import Caller
from shared.problems import VALIDATION_FAILED, FieldError, Problem

LOG = structlog.get_logger(__name__)
PAGE = 1000

_COLUMNS = [getattr(Disclosure, name) for name in FIELDS]


class State(NamedTuple):
    """How far the log reaches, by its head, by its rows and by its newest seal."""

    head: Mark
    last_row: int
    seal: DisclosureSeal | None


async def verify(
    session: AsyncSession, caller: Caller, since: Since, known: Mark | None
) -> ProofView:
    """Walks the chain from a mark to the head, and looks whether every seal on the way, and the
    mark that the caller knows, are still in it.

    Raises `validation_failed` when the walk is to begin at a mark that was not given.
    """
    if since == Since.KNOWN and known is None:
        detail = "give known_rows and known_head"
        raise Problem(
            VALIDATION_FAILED, errors=[FieldError("/query/since", "known_mark_missing", detail)]
        )
    async with session.begin():
        await audit.record(session, caller, audit.Entry("disclosure_log.verify", "disclosure_log"))
        state = await _state(session)
    start = _start(since, known, state)
    reached, broken = await _prove(session, start, state, known)
    if broken is not None:
        LOG.error("disclosure_log_broken", row=broken.number, fault=broken.fault)
    return ProofView(
        whole=broken is None,
        rows=state.head.rows,
        head=state.head.hash.hex(),
        from_row=start.rows + 1,
        checked=max(0, reached.rows - start.rows),
        first_broken=BrokenView(row=broken.number, fault=broken.fault) if broken else None,
        seal=_seal_view(state.seal),
    )


async def _state(session: AsyncSession) -> State:
    """One statement for head and last row, so that they belong to the same moment."""
    last_row = select(func.coalesce(func.max(col(Disclosure.number)), 0)).scalar_subquery()
    rows, head, last = (
        await session.execute(select(col(DisclosureHead.rows), col(DisclosureHead.hash), last_row))
    ).one()
    seal = await session.scalar(
        select(DisclosureSeal).order_by(col(DisclosureSeal.rows).desc()).limit(1)
    )
    return State(Mark(rows, head), last, seal)


def _start(since: Since, known: Mark | None, state: State) -> Mark:
    """The mark to begin behind; never one behind the mark that the caller knows, which is to be
    met on the way."""
    if since == Since.BEGINNING or (since == Since.SEAL and state.seal is None):
        return BEGINNING
    marks = [known] if known else []
    if since == Since.SEAL and state.seal is not None:
        marks.append(Mark(state.seal.rows, state.seal.hash))
    return min(marks, key=lambda mark: mark.rows)


async def _prove(
    session: AsyncSession, start: Mark, state: State, known: Mark | None
) -> tuple[Mark, Broken | None]:
    marks = [state.head, *([known] if known else [])]
    if state.seal is not None:
        marks.append(Mark(state.seal.rows, state.seal.hash))
    broken = rules.start_fault(start, await _hash_of(session, start.rows), state.last_row)
    reached = start
    last = min(state.head.rows, state.last_row)
    while broken is None and reached.rows < last:
        async with session.begin():
            lines = await _page(session, reached.rows, last)
            seals = await _seals(session, reached.rows, reached.rows + PAGE)
        before = reached
        reached, broken = await asyncio.to_thread(rules.walk, before, lines, [*marks, *seals])
        if reached == before and broken is None:
            break
    return reached, broken or rules.end_fault(reached, state.last_row, state.head, marks)


async def _hash_of(session: AsyncSession, number: int) -> bytes | None:
    async with session.begin():
        found: bytes | None = await session.scalar(
            select(col(Disclosure.hash)).where(col(Disclosure.number) == number)
        )
        return found


async def _page(session: AsyncSession, behind: int, last: int) -> Sequence[Line]:
    rows = await session.execute(
        select(*_COLUMNS, col(Disclosure.hash))
        .where(col(Disclosure.number).between(behind + 1, last))
        .order_by(col(Disclosure.number))
        .limit(PAGE)
    )
    return [
        Line(number=values[0], row=dict(zip(FIELDS, values, strict=False)), hash=values[-1])
        for values in rows.all()
    ]


async def _seals(session: AsyncSession, behind: int, last: int) -> list[Mark]:
    rows = await session.execute(
        select(col(DisclosureSeal.rows), col(DisclosureSeal.hash)).where(
            col(DisclosureSeal.rows).between(behind + 1, last)
        )
    )
    return [Mark(number, found) for number, found in rows.all()]


def _seal_view(seal: DisclosureSeal | None) -> SealView | None:
    if seal is None:
        return None
    return SealView(rows=seal.rows, head=seal.hash.hex(), at=seal.sealed_at)
