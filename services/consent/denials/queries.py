"""Looking denials up; every look is logged in the same transaction."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.consents.rules import Form, Giver
from services.consent.denials.rules import Status
from services.consent.denials.schemas import DenialView
from services.consent.history.queries import story_of
from services.consent.history.schemas import History
from services.consent.persons.looking import look, look_through
from services.consent.tables import Denial
from shared.auth import Caller
from shared.contracts.codes import ConsentDirection
from shared.pagination import Page

THING = "denial"
"""What the audit log calls one."""


async def read_denial(session: AsyncSession, caller: Caller, denial_id: UUID) -> Denial:
    """One denial. Raises `not_found`."""
    async with session.begin():
        return await look(session, caller, Denial, THING, denial_id)


async def read_history(session: AsyncSession, caller: Caller, denial_id: UUID) -> History:
    """What became of a denial, the first first. Raises `not_found`."""
    async with session.begin():
        await look(session, caller, Denial, THING, denial_id)
        return await story_of(session, THING, denial_id)


async def list_denials(
    session: AsyncSession, caller: Caller, client_ref: UUID, *, limit: int, cursor: str | None
) -> Page[DenialView]:
    """A page of a client's denials, newest first, the lifted ones too, under all their refs."""
    async with session.begin():
        return await look_through(
            session, caller, Denial, THING, client_ref, view, limit=limit, cursor=cursor
        )


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
