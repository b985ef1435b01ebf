"""Looking consents up; every look is logged in the same transaction."""

from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.consents import rules
from services.consent.consents.rules import Form, Giver, Status
from services.consent.consents.schemas import GENERAL, ConsentView, Scope, TargetedScope
from services.consent.history.queries import story_of
from services.consent.history.schemas import History
from services.consent.persons.queries import refs_of
from services.consent.tables import Consent
from shared import audit
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import ConsentDirection, PartnerFact
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem


async def read_consent(session: AsyncSession, caller: Caller, consent_id: UUID) -> Consent:
    """One consent. Raises `not_found`."""
    async with session.begin():
        return await _look(session, caller, consent_id)


async def read_history(session: AsyncSession, caller: Caller, consent_id: UUID) -> History:
    """What became of a consent, the first first. Raises `not_found`."""
    async with session.begin():
        await _look(session, caller, consent_id)
        return await story_of(session, "consent", consent_id)


async def list_consents(
    session: AsyncSession, caller: Caller, client_ref: UUID, *, limit: int, cursor: str | None
) -> Page[ConsentView]:
    """A page of a client's consents, newest first, the revoked ones too, under all their refs."""
    behind = decode_cursor(cursor)
    async with session.begin():
        refs = await refs_of(session, client_ref)
        conditions: list[ColumnElement[bool]] = [col(Consent.client_ref).in_(refs)]
        if behind is not None:
            conditions.append(col(Consent.id) < behind)
        rows = await session.scalars(
            select(Consent).where(*conditions).order_by(col(Consent.id).desc()).limit(limit + 1)
        )
        looks = [audit.Entry("consent.list", "client", client_ref=ref) for ref in sorted(refs)]
        await audit.record(session, caller, *looks)
        return page_of(rows.all(), limit, lambda row: row.id, view)


def view(consent: Consent) -> ConsentView:
    """The consent as its readers see it."""
    return ConsentView(
        id=consent.id,
        client_ref=consent.client_ref,
        direction=ConsentDirection(consent.direction),
        partner=consent.partner_id,
        facts=[PartnerFact(fact) for fact in consent.facts],
        scope=_scope(consent),
        valid_from=consent.valid_from,
        valid_to=consent.valid_to,
        given_by=Giver(consent.given_by),
        form=Form(consent.form),
        recorded_by=consent.recorded_by,
        recorded_at=consent.recorded_at,
        status=rules.standing(Status(consent.status), consent.valid_to, utc_now()),
        revoked_at=consent.revoked_at,
    )


async def _look(session: AsyncSession, caller: Caller, consent_id: UUID) -> Consent:
    consent = await session.get(Consent, consent_id)
    if consent is None:
        raise Problem(NOT_FOUND)
    entry = audit.Entry(
        "consent.read", "consent", subject_id=consent.id, client_ref=consent.client_ref
    )
    await audit.record(session, caller, entry)
    return consent


def _scope(consent: Consent) -> Scope:
    if consent.targets is None:
        return GENERAL
    return TargetedScope.model_validate({"targets": consent.targets})
