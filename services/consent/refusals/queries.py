"""Looking refusals up; every look is logged in the same transaction."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.consents.rules import Form, Giver
from services.consent.persons.looking import look, look_through
from services.consent.refusals.schemas import RefusalView
from services.consent.tables import Refusal
from shared.auth import Caller
from shared.pagination import Page

THING = "refusal"
"""What the audit log calls one."""


async def read_refusal(session: AsyncSession, caller: Caller, refusal_id: UUID) -> RefusalView:
    """One refusal. Raises `not_found`."""
    async with session.begin():
        return view(await look(session, caller, Refusal, THING, refusal_id))


async def list_refusals(
    session: AsyncSession, caller: Caller, client_ref: UUID, *, limit: int, cursor: str | None
) -> Page[RefusalView]:
    """A page of a client's refusals, newest first, under all their refs."""
    async with session.begin():
        return await look_through(
            session, caller, Refusal, THING, client_ref, view, limit=limit, cursor=cursor
        )


def view(refusal: Refusal) -> RefusalView:
    """The refusal as its readers see it."""
    return RefusalView(
        id=refusal.id,
        client_ref=refusal.client_ref,
        refused_at=refusal.refused_at,
        given_by=Giver(refusal.given_by),
        form=Form(refusal.form),
        recorded_by=refusal.recorded_by,
        recorded_at=refusal.recorded_at,
    )
