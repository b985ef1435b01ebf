"""Looking denials up; every look is logged in the same transaction."""

from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.consents.rules import Form, Giver
from services.consent.denials.rules import Status
from services.consent.denials.schemas import DenialView
from services.consent.history.queries import story_of
from services.consent.history.schemas import History
from services.consent.persons.queries import refs_of
from services.consent.tables import Denial
from shared import audit
from shared.auth import Caller
from shared.contracts.codes import ConsentDirection
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem


async def read_denial(session: AsyncSession, caller: Caller, denial_id: UUID) -> Denial:
    """One denial. Raises `not_found`."""
    async with session.begin():
        return await _look(session, caller, denial_id)


async def read_history(session: AsyncSession, caller: Caller, denial_id: UUID) -> History:
    """What became of a denial, the first first. Raises `not_found`."""
    async with session.begin():
        await _look(session, caller, denial_id)
        return await story_of(session, "denial", denial_id)


async def list_denials(
    session: AsyncSession, caller: Caller, client_ref: UUID, *, limit: int, cursor: str | None
) -> Page[DenialView]:
    """A page of a client's denials, newest first, the lifted ones too, under all their refs."""
    behind = decode_cursor(cursor)
    async with session.begin():
        refs = await refs_of(session, client_ref)
        conditions: list[ColumnElement[bool]] = [col(Denial.client_ref).in_(refs)]
        if behind is not None:
            conditions.append(col(Denial.id) < behind)
        rows = await session.scalars(
            select(Denial).where(*conditions).order_by(col(Denial.id).desc()).limit(limit + 1)
        )
        looks = [audit.Entry("denial.list", "client", client_ref=ref) for ref in sorted(refs)]
        await audit.record(session, caller, *looks)
        return page_of(rows.all(), limit, lambda row: row.id, view)


def view(denial: Denial) -> DenialView:
    """The denial as its readers see it."""
    return DenialView(
        id=denial.id,
        client_ref=denial.client_ref,
        direction=ConsentDirection(denial.direction) if denial.direction else None,
        partner=denial.partner_id,
        organisations=denial.organisations,
        data_classes=denial.data_classes,
        given_by=Giver(denial.given_by),
        form=Form(denial.form),
        recorded_by=denial.recorded_by,
        recorded_at=denial.recorded_at,
        status=Status(denial.status),
        lifted_at=denial.lifted_at,
    )


async def _look(session: AsyncSession, caller: Caller, denial_id: UUID) -> Denial:
    denial = await session.get(Denial, denial_id)
    if denial is None:
        raise Problem(NOT_FOUND)
    entry = audit.Entry("denial.read", "denial", subject_id=denial.id, client_ref=denial.client_ref)
    await audit.record(session, caller, entry)
    return denial
