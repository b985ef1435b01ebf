"""Reading referrals as FHIR: the same reads as REST's, logged by the same transaction."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.referral.following.queries import read_referral
from services.referral.following.schemas import ReferralView
from shared.auth import Caller
from shared.problems import NOT_FOUND, Problem


def focus_id(focus: str, base: str) -> UUID | None:
    """The id that `ServiceRequest/{id}`, the whole address of it, or `{id}` names; None when it
    names nothing of ours."""
    name = focus.strip().removeprefix(f"{base}/").removeprefix("ServiceRequest/")
    try:
        found = UUID(name)
    except ValueError:
        return None
    return found if str(found) == name.lower() else None


async def tasks_of(
    session: AsyncSession, caller: Caller, focus: UUID | None, language: str
) -> list[ReferralView]:
    """The one referral that a search finds, or none: a search has no 404."""
    if focus is None:
        return []
    try:
        return [await read_referral(session, caller, focus, language)]
    except Problem as problem:
        if problem.kind is not NOT_FOUND:
            raise
        return []
