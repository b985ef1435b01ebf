"""Pausing a source and taking it again, by a lead or by itself; effective for the next referral.

The team is locked first: decisions under way end before the change, all later ones know it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.anonymity import refuse_identifying
from services.caseload.assignment.draining import drain
from services.caseload.assignment.queries import lock_teams
from services.caseload.intake_rules import queries, rules
from services.caseload.intake_rules.schemas import IntakeBody, IntakeView
from services.caseload.references import refusal
from services.caseload.tables import IntakeRule, Team
from shared import audit, outbox
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.base import EventData
from shared.contracts.caseload import IntakePaused, IntakeResumed
from shared.contracts.codes import IntakeState, PartnerKind
from shared.problems import PRECONDITION_FAILED, PRECONDITION_REQUIRED, Problem


async def put_rule(
    session: AsyncSession,
    caller: Caller,
    team_id: UUID,
    kind: PartnerKind,
    body: IntakeBody,
    expected: int | None,
) -> tuple[IntakeView, int]:
    """Says how a kind of partner is taken from now on; the view, and the rule's new version.

    Raises `not_found`, `validation_failed`, and for a rule that is there `precondition_required`
    or `precondition_failed`.
    """
    refuse_identifying("/reason", body.reason)
    async with session.begin():
        await queries.check_sight(session, caller, team_id)
        team = (await lock_teams(session, [team_id]))[team_id]
        now = utc_now()
        await _check(session, team, body, now)
        rule = await session.get(IntakeRule, (team_id, kind), populate_existing=True)
        if rule is not None and expected is None:
            raise Problem(PRECONDITION_REQUIRED)
        if expected not in (None, rule.version if rule else 0):
            raise Problem(PRECONDITION_FAILED)
        was_paused, ran_out = _before(rule, now)
        rule = _written(session, rule, team_id, kind, body, now)
        if rule.state == IntakeState.PAUSED:
            events = [_paused(team, rule, now)]
        else:
            events = [_resumed(team, rule, now, by_itself=ran_out)] if was_paused else []
        seated = await drain(session, [team_id], now=now)
        await audit.record(session, caller, audit.Entry("team.intake", "team", subject_id=team_id))
        await outbox.append(session, [*events, *seated])
        return queries.view_of(team_id, kind, rule, now), rule.version


async def resume_due(session: AsyncSession, team_id: UUID, now: datetime) -> list[outbox.Message]:
    """Ends the team's pauses that have run out, each told once; the events, to append last.

    Whoever comes second, in another process, waits for the team and finds nothing left to do.
    """
    team = (await lock_teams(session, [team_id]))[team_id]
    due = await session.scalars(
        select(IntakeRule)
        .where(
            col(IntakeRule.team) == team_id,
            col(IntakeRule.state) == IntakeState.PAUSED,
            col(IntakeRule.until) <= now,
        )
        .order_by(col(IntakeRule.partner_kind))
        .execution_options(populate_existing=True)
    )
    messages = []
    for rule in due:
        rule.state, rule.until, rule.redirect_to = IntakeState.OPEN, None, None
        rule.changed_at = now
        rule.version += 1
        messages.append(_resumed(team, rule, now, by_itself=True))
    return messages


async def _check(session: AsyncSession, team: Team, body: IntakeBody, now: datetime) -> None:
    if body.state == IntakeState.OPEN:
        return
    if rules.until_error(body.until, now):
        raise refusal("/until", "in_the_past", "a pause ends later than now")
    known = body.redirect_to is not None and await session.get(Team, body.redirect_to) is not None
    wrong = rules.redirect_error(team.id, team.guidance_unit, body.redirect_to, known=known)
    if wrong is not None:
        raise refusal(*wrong)


def _written(
    session: AsyncSession,
    rule: IntakeRule | None,
    team_id: UUID,
    kind: PartnerKind,
    body: IntakeBody,
    now: datetime,
) -> IntakeRule:
    values = {**body.model_dump(), "changed_at": now}
    if rule is None:
        rule = IntakeRule(team=team_id, partner_kind=kind, **values)
        session.add(rule)
        return rule
    for name, value in values.items():
        setattr(rule, name, value)
    rule.version += 1
    return rule


def _before(rule: IntakeRule | None, now: datetime) -> tuple[bool, bool]:
    """Whether the others believe the source paused, and whether the pause has run out since."""
    if rule is None or rule.state != IntakeState.PAUSED:
        return False, False
    return True, rules.state_at(IntakeState(rule.state), rule.until, now) == IntakeState.OPEN


def _paused(team: Team, rule: IntakeRule, now: datetime) -> outbox.Message:
    team.version += 1
    return _message(
        IntakePaused(
            aggregate_id=team.id,
            version=team.version,
            occurred_at=now,
            team=team.id,
            partner_kind=PartnerKind(rule.partner_kind),
            until=rule.until,
            redirect_to=rule.redirect_to,
        )
    )


def _resumed(team: Team, rule: IntakeRule, now: datetime, *, by_itself: bool) -> outbox.Message:
    team.version += 1
    return _message(
        IntakeResumed(
            aggregate_id=team.id,
            version=team.version,
            occurred_at=now,
            team=team.id,
            partner_kind=PartnerKind(rule.partner_kind),
            by_itself=by_itself,
        )
    )


def _message(event: EventData) -> outbox.Message:
    return outbox.message(event, key=event.aggregate_id)
