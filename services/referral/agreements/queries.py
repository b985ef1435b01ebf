"""Reading agreements, and how much of this week's quota is used."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.agreements.schemas import AgreementView, Terms
from services.referral.intake.schemas import ContactPersonBody
from services.referral.partners.queries import get_partner
from services.referral.tables import Agreement, Referral
from shared import audit
from shared.auth import Caller
from shared.calendar import iso_week_of
from shared.crypto import FieldCipher
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem
from shared.statements import Reading

_LATEST_BEGUN = Reading(
    Agreement,
    select(Agreement)
    .where(
        col(Agreement.partner_id) == bindparam("partner_id"),
        col(Agreement.valid_from) <= bindparam("day"),
    )
    .order_by(col(Agreement.version).desc())
    .limit(1),
)


async def latest_begun(session: AsyncSession, partner_id: UUID, day: date) -> Agreement | None:
    """The newest version that has begun by the day, be it over or not: no older one holds.

    None: the partner has had no agreement yet. To be read.
    """
    begun = await _LATEST_BEGUN(session, partner_id=partner_id, day=day)
    return begun[0] if begun else None


async def used_in_week(session: AsyncSession, partner_id: UUID, moment: datetime) -> int:
    """How many referrals the partner sent in the ISO week of the moment, whatever became of them;
    those redirected by the agreement use nothing of the quota."""
    begins, ends = iso_week_of(moment)
    used: int | None = await session.scalar(
        select(func.count()).where(
            col(Referral.partner_id) == partner_id,
            col(Referral.received_at) >= begins,
            col(Referral.received_at) < ends,
            col(Referral.redirect_reason).is_(None),
        )
    )
    return used or 0


async def list_agreements(
    session: AsyncSession,
    cipher: FieldCipher,
    caller: Caller,
    partner_id: UUID,
    *,
    limit: int,
    cursor: str | None,
) -> Page[AgreementView]:
    """A page of the versions, newest first. Raises `not_found` for an unknown partner."""
    async with session.begin():
        await get_partner(session, partner_id)
        conditions = [col(Agreement.partner_id) == partner_id]
        behind = decode_cursor(cursor)
        if behind is not None:
            last = select(col(Agreement.version)).where(col(Agreement.id) == behind)
            conditions.append(col(Agreement.version) < last.scalar_subquery())
        rows = (
            await session.scalars(
                select(Agreement)
                .where(*conditions)
                .order_by(col(Agreement.version).desc())
                .limit(limit + 1)
            )
        ).all()
        await audit.record(session, caller, *[_entry(row) for row in rows[:limit]])
        return page_of(rows, limit, lambda row: row.id, lambda row: _view(cipher, row))


async def read_agreement(
    session: AsyncSession, cipher: FieldCipher, caller: Caller, partner_id: UUID, version: int
) -> AgreementView:
    """One version. Raises `not_found`."""
    async with session.begin():
        agreement = await session.scalar(
            select(Agreement).where(
                col(Agreement.partner_id) == partner_id, col(Agreement.version) == version
            )
        )
        if agreement is None:
            raise Problem(NOT_FOUND)
        await audit.record(session, caller, _entry(agreement))
        return _view(cipher, agreement)


def terms_of(agreement: Agreement) -> Terms:
    """What was agreed on, without whom to call."""
    return Terms.model_validate(agreement.model_dump(include=set(Terms.model_fields)))


def contact_context(agreement_id: UUID) -> str:
    """Where the sealed contact person belongs."""
    return f"agreements/{agreement_id}"


def _view(cipher: FieldCipher, agreement: Agreement) -> AgreementView:
    contact = cipher.decrypt_json(agreement.contact_sealed, contact_context(agreement.id))
    return AgreementView(
        **terms_of(agreement).model_dump(),
        partner=agreement.partner_id,
        version=agreement.version,
        made_at=agreement.made_at,
        contact_person=ContactPersonBody.model_validate(contact),
    )


def _entry(agreement: Agreement) -> audit.Entry:
    return audit.Entry("agreement.read", "agreement", subject_id=agreement.id)
