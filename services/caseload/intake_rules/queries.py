"""Looking intake rules up, of teams that the caller sees."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.intake_rules.rules import state_at
from services.caseload.intake_rules.schemas import IntakeView
from services.caseload.sight import in_sight
from services.caseload.tables import IntakeRule, Team
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import IntakeState, PartnerKind
from shared.pagination import Page
from shared.problems import NOT_FOUND, Problem


async def check_sight(session: AsyncSession, caller: Caller, team_id: UUID) -> None:
    """Raises `not_found` for a team that the caller may not see."""
    seen = select(col(Team.id)).where(col(Team.id) == team_id, in_sight(caller, col(Team.id)))
    if await session.scalar(seen) is None:
        raise Problem(NOT_FOUND)


async def read_rule(
    session: AsyncSession, caller: Caller, team_id: UUID, kind: PartnerKind
) -> tuple[IntakeView, int]:
    """How a kind of partner is taken now, and the version of the rule: 0 where there is none."""
    await check_sight(session, caller, team_id)
    rule = await session.get(IntakeRule, (team_id, kind))
    version = rule.version if rule else 0
    return view_of(team_id, kind, rule, utc_now()), version


async def list_rules(session: AsyncSession, caller: Caller, team_id: UUID) -> Page[IntakeView]:
    """How every kind of partner is taken now, on one page."""
    await check_sight(session, caller, team_id)
    rows = await session.scalars(select(IntakeRule).where(col(IntakeRule.team) == team_id))
    rules = {rule.partner_kind: rule for rule in rows}
    now = utc_now()
    return Page(items=[view_of(team_id, kind, rules.get(kind), now) for kind in PartnerKind])


def view_of(team_id: UUID, kind: PartnerKind, rule: IntakeRule | None, now: datetime) -> IntakeView:
    """The rule as a lead sees it; one whose pause has run out is open."""
    state = state_at(IntakeState(rule.state), rule.until, now) if rule else IntakeState.OPEN
    paused = rule if state == IntakeState.PAUSED else None
    return IntakeView(
        team=team_id,
        partner_kind=kind,
        state=state,
        reason=rule.reason if rule else None,
        until=paused.until if paused else None,
        redirect_to=paused.redirect_to if paused else None,
        changed_at=rule.changed_at if rule else None,
    )
