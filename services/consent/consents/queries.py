"""Looking consents up; every look is logged in the same transaction."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.consents import rules
from services.consent.consents.rules import Form, Giver, Status
from services.consent.consents.schemas import GENERAL, ConsentView, Scope, TargetedScope
from services.consent.history.queries import story_of
from services.consent.history.schemas import History
from services.consent.persons.looking import look, look_through
from services.consent.tables import Consent
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import ConsentDirection, PartnerFact
from shared.pagination import Page

THING = "consent"
"""What the audit log calls one."""


async def read_consent(session: AsyncSession, caller: Caller, consent_id: UUID) -> Consent:
    """One consent. Raises `not_found`."""
    async with session.begin():
        return await look(session, caller, Consent, THING, consent_id)


async def read_history(session: AsyncSession, caller: Caller, consent_id: UUID) -> History:
    """What became of a consent, the first first. Raises `not_found`."""
    async with session.begin():
        await look(session, caller, Consent, THING, consent_id)
        return await story_of(session, THING, consent_id)


async def list_consents(
    session: AsyncSession, caller: Caller, client_ref: UUID, *, limit: int, cursor: str | None
) -> Page[ConsentView]:
    """A page of a client's consents, newest first, the revoked ones too, under all their refs."""
    async with session.begin():
        return await look_through(
            session, caller, Consent, THING, client_ref, view, limit=limit, cursor=cursor
        )


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


def _scope(consent: Consent) -> Scope:
    if consent.targets is None:
        return GENERAL
    return TargetedScope.model_validate({"targets": consent.targets})
