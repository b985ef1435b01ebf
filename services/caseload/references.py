"""Teams and cases that a body names: what the caller may not see is not there for it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.sight import in_sight
from services.caseload.tables import Case, Team
from shared.auth import Caller
from shared.problems import VALIDATION_FAILED, FieldError, Problem


async def named_team(session: AsyncSession, caller: Caller, team_id: UUID) -> Team:
    """The team that `/team` of a body names. Raises `validation_failed`."""
    team: Team | None = await session.scalar(
        select(Team).where(col(Team.id) == team_id, in_sight(caller, col(Team.id)))
    )
    if team is None:
        raise refusal("/team", "team_unknown", "there is no such team that you may write for")
    return team


async def own_team(session: AsyncSession, caller: Caller) -> Team | None:
    """The team that the caller speaks for; None for one that speaks for no team."""
    if caller.org is None:
        return None
    team: Team | None = await session.scalar(select(Team).where(in_sight(caller, col(Team.id))))
    return team


async def named_cases(
    session: AsyncSession, caller: Caller, case_ids: Sequence[UUID], pointer: str
) -> list[Case]:
    """The cases that a field of a body names, all of them. Raises `validation_failed`."""
    rows = await session.scalars(
        select(Case).where(col(Case.id).in_(case_ids), in_sight(caller, col(Case.team)))
    )
    cases = list(rows)
    if len(cases) < len(set(case_ids)):
        raise refusal(pointer, "case_unknown", "there is no such case that you may see")
    return cases


async def named_case(session: AsyncSession, caller: Caller, case_id: UUID) -> Case:
    """The case that `/case` of a body names. Raises `validation_failed`."""
    (case,) = await named_cases(session, caller, [case_id], "/case")
    return case


def refusal(pointer: str, code: str, detail: str) -> Problem:
    """The problem of one field that is not as it must be."""
    return Problem(VALIDATION_FAILED, errors=[FieldError(pointer, code, detail)])
