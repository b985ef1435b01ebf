"""Placing a client, ending and correcting a placement: each one transaction, once per key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.placements import queries, rules, telling
from services.caseload.placements.rules import Action
from services.caseload.placements.schemas import (
    PlacementBody,
    PlacementCorrection,
    PlacementEnd,
    PlacementFacts,
)
from services.caseload.references import named_case, own_team, refusal
from services.caseload.tables import Placement, Team
from shared import audit, outbox
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.caseload import PlacementEvent
from shared.idempotency import Answer, RequestKey, once
from shared.ids import new_id
from shared.problems import ILLEGAL_TRANSITION, PRECONDITION_FAILED, Problem
from shared.web import etag


@dataclass(frozen=True)
class Change:
    """A request to change a placement: who asks, which one, the version they read."""

    caller: Caller
    placement_id: UUID
    expected: int


async def place(
    session: AsyncSession, caller: Caller, request: RequestKey | None, body: PlacementBody
) -> Answer:
    """Keeps a placement, written down by the team of the case or of the caller.

    Raises `validation_failed` for a case that the caller may not see, and reversed days.
    """
    check_days(body.starts_on, body.ends_on)

    async def work() -> Answer:
        placement = await _of_body(session, caller, body)
        session.add(placement)
        county = await _county(session, placement)
        events = telling.told_of_new(placement.model_dump(), county, utc_now())
        answer = await _done(session, caller, "placement.create", placement, events)
        headers = {**answer.headers, "Location": f"/v1/placements/{placement.id}"}
        return Answer(201, answer.body, headers)

    async with session.begin():
        return await once(session, request, work)


async def end(
    session: AsyncSession, change: Change, request: RequestKey | None, body: PlacementEnd
) -> Answer:
    """Tells the last day of a placement that went on until now."""

    def alter(placement: Placement) -> None:
        placement.ends_on = body.ends_on

    async def work() -> Answer:
        placement = await _move(session, change, Action.END, alter)
        county = await _county(session, placement)
        event = telling.ended(placement.model_dump(), county, utc_now())
        return await _done(session, change.caller, "placement.end", placement, [event])

    async with session.begin():
        return await once(session, request, work)


async def correct(
    session: AsyncSession, change: Change, request: RequestKey | None, body: PlacementCorrection
) -> Answer:
    """Puts right what was written wrongly, or marks it as entered in error."""

    def alter(placement: Placement) -> None:
        if body.entered_in_error:
            placement.entered_in_error = True
            return
        if body.ends_on is not None and placement.ends_on is None:
            raise refusal("/to", "not_ended", "it goes on; tell its last day by ending it")
        changes = body.model_dump(exclude={"entered_in_error"}, exclude_none=True)
        for name, value in changes.items():
            setattr(placement, name, value)

    async def work() -> Answer:
        action = Action.VOID if body.entered_in_error else Action.CORRECT
        placement = await _move(session, change, action, alter)
        county = await _county(session, placement)
        event = telling.corrected(placement.model_dump(), county, utc_now())
        return await _done(session, change.caller, "placement.correct", placement, [event])

    async with session.begin():
        return await once(session, request, work)


async def give_to(
    session: AsyncSession, case_id: UUID, client_ref: UUID, now: datetime
) -> list[outbox.Message]:
    """The placements of a case are another person's, and are told again as theirs; for callers
    inside a transaction that holds the case. The events, to append last."""
    rows = await session.scalars(
        select(Placement)
        .where(col(Placement.case_id) == case_id)
        .order_by(col(Placement.id))
        .with_for_update()
    )
    messages = []
    for placement in rows.all():
        placement.client_ref = client_ref
        placement.version += 1
        county = await _county(session, placement)
        event = telling.corrected(placement.model_dump(), county, now)
        messages.append(outbox.message(event, key=client_ref))
    return messages


def check_days(starts_on: date, ends_on: date | None) -> None:
    """Raises `validation_failed` when the last day lies before the first."""
    if rules.is_reversed(starts_on, ends_on):
        raise refusal("/to", "ends_before_start", "the last day lies before the first")


def new_row(
    facts: PlacementFacts,
    *,
    placement_id: UUID,
    client_ref: UUID,
    case_id: UUID | None,
    team: UUID | None,
) -> dict[str, Any]:
    """The columns of a placement as it is first written down; its end, if told, is a version of
    its own."""
    return {
        "id": placement_id,
        "client_ref": client_ref,
        "case_id": case_id,
        "team": team,
        "service_type": facts.service_type,
        "production": facts.production,
        "channel": facts.channel,
        "starts_on": facts.starts_on,
        "ends_on": facts.ends_on,
        "requires_sobriety": facts.requires_sobriety,
        "entered_in_error": False,
        "version": 1 if facts.ends_on is None else 2,
    }


async def _of_body(session: AsyncSession, caller: Caller, body: PlacementBody) -> Placement:
    client_ref, team = await _whose(session, caller, body)
    row = new_row(body, placement_id=new_id(), client_ref=client_ref, case_id=body.case, team=team)
    return Placement(**row)


async def _whose(
    session: AsyncSession, caller: Caller, body: PlacementBody
) -> tuple[UUID, UUID | None]:
    """The client, and the team that writes it down."""
    if body.case is not None:
        case = await named_case(session, caller, body.case)
        return case.client_ref, case.team
    if body.client_ref is None:
        raise refusal("", "client_or_case", "give either client_ref or case")
    own = await own_team(session, caller)
    return body.client_ref, own.id if own else None


async def _move(
    session: AsyncSession, change: Change, action: Action, alter: Callable[[Placement], None]
) -> Placement:
    """The placement under its row lock, altered and moved on by one version.

    Raises `not_found`, `precondition_failed`, `illegal_transition` and `validation_failed`.
    """
    placement = await queries.find(session, change.caller, change.placement_id, lock=True)
    if placement.version != change.expected:
        raise Problem(PRECONDITION_FAILED)
    standing = rules.standing_of(placement.ends_on, entered_in_error=placement.entered_in_error)
    if rules.after(standing, action) is None:
        raise Problem(ILLEGAL_TRANSITION, f"A placement that is {standing} allows no {action}.")
    alter(placement)
    check_days(placement.starts_on, placement.ends_on)
    placement.version += 1
    return placement


async def _county(session: AsyncSession, placement: Placement) -> str | None:
    team = await session.get(Team, placement.team) if placement.team else None
    return team.county if team else None


async def _done(
    session: AsyncSession,
    caller: Caller,
    action: str,
    placement: Placement,
    events: Sequence[PlacementEvent],
) -> Answer:
    """The answer, after the audit row and the events, which come last."""
    await session.flush()
    await audit.record(session, caller, queries.entry(action, placement))
    messages = [outbox.message(event, key=placement.client_ref) for event in events]
    await outbox.append(session, messages)
    view = queries.view_of(placement).model_dump(mode="json", by_alias=True)
    return Answer(200, view, {"ETag": etag(placement.version)})
