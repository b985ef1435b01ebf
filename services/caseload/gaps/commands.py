"""Reporting, updating and resolving a service gap: each one transaction, once per key."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.anonymity import refuse_identifying
from services.caseload.gaps import queries, rules
from services.caseload.gaps.rules import Action
from services.caseload.gaps.schemas import GapBody, GapResolution, GapUpdate
from services.caseload.references import named_case, own_team
from services.caseload.tables import ServiceGap
from shared import audit, outbox
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import GapStatus
from shared.contracts.municipalities import county_of
from shared.contracts.registers import GapEvent, GapReported, GapResolved, GapUpdated
from shared.crypto import FieldCipher
from shared.idempotency import Answer, RequestKey, once
from shared.ids import new_id
from shared.problems import ILLEGAL_TRANSITION, PRECONDITION_FAILED, Problem
from shared.web import etag


@dataclass(frozen=True)
class Change:
    """A request to change a gap: who asks, which one, the version they read."""

    caller: Caller
    gap_id: UUID
    expected: int


async def report(
    session: AsyncSession,
    cipher: FieldCipher,
    caller: Caller,
    request: RequestKey | None,
    body: GapBody,
) -> Answer:
    """Keeps a gap that the caller's team, or the team of the case, met.

    Raises `identifying_value`, and `validation_failed` for a case that the caller may not see.
    """
    refuse_identifying("/description", body.description)

    async def work() -> Answer:
        gap = await _new_gap(session, cipher, caller, body)
        session.add(gap)
        answer = await _done(session, caller, "service_gap.create", gap, GapReported)
        return Answer(
            201, answer.body, {**answer.headers, "Location": f"/v1/service-gaps/{gap.id}"}
        )

    async with session.begin():
        return await once(session, request, work)


async def update(
    session: AsyncSession,
    cipher: FieldCipher,
    change: Change,
    request: RequestKey | None,
    body: GapUpdate,
) -> Answer:
    """Takes the gap up: it is acknowledged from now on, and what is told better is so.

    Raises `identifying_value`.
    """
    refuse_identifying("/description", body.description)

    def improve(gap: ServiceGap) -> None:
        for name, value in body.model_dump(exclude={"description"}, exclude_none=True).items():
            setattr(gap, name, value)
        if body.description is not None:
            gap.description_sealed = _seal(cipher, gap.id, body.description)

    async def work() -> Answer:
        gap = await _move(session, change, Action.UPDATE, improve)
        return await _done(session, change.caller, "service_gap.update", gap, GapUpdated)

    async with session.begin():
        return await once(session, request, work)


async def resolve(
    session: AsyncSession, change: Change, request: RequestKey | None, body: GapResolution
) -> Answer:
    """Ends the gap."""

    def end(gap: ServiceGap) -> None:
        gap.resolution = body.resolution
        gap.resolved_at = utc_now()

    async def work() -> Answer:
        gap = await _move(session, change, Action.RESOLVE, end)
        told = {"resolution": gap.resolution}
        return await _done(session, change.caller, "service_gap.resolve", gap, GapResolved, **told)

    async with session.begin():
        return await once(session, request, work)


async def _new_gap(
    session: AsyncSession, cipher: FieldCipher, caller: Caller, body: GapBody
) -> ServiceGap:
    case = await named_case(session, caller, body.case) if body.case else None
    team = await own_team(session, caller)
    gap_id = new_id()
    return ServiceGap(
        id=gap_id,
        team=case.team if case else team.id if team else None,
        type=body.type,
        service=body.service,
        municipality=body.municipality,
        step=body.step,
        description_sealed=_seal(cipher, gap_id, body.description),
        case_id=body.case,
        client_ref=case.client_ref if case else None,
        status=GapStatus.REPORTED,
        reported_at=utc_now(),
        version=1,
    )


def _seal(cipher: FieldCipher, gap_id: UUID, description: str) -> bytes:
    return cipher.encrypt(description.encode(), queries.seal_of(gap_id))


async def _move(
    session: AsyncSession, change: Change, action: Action, alter: Callable[[ServiceGap], None]
) -> ServiceGap:
    """The gap under its row lock, moved and altered.

    Raises `not_found`, `precondition_failed` and `illegal_transition`.
    """
    gap = await queries.find(session, change.caller, change.gap_id, lock=True)
    if gap.version != change.expected:
        raise Problem(PRECONDITION_FAILED)
    status = rules.after(GapStatus(gap.status), action)
    if status is None:
        raise Problem(ILLEGAL_TRANSITION, f"A gap that is {gap.status} allows no {action}.")
    gap.status = status
    gap.version += 1
    alter(gap)
    return gap


async def _done(
    session: AsyncSession,
    caller: Caller,
    action: str,
    gap: ServiceGap,
    event: type[GapEvent],
    **told: Any,
) -> Answer:
    """The answer, after the audit row and the event, which comes last."""
    await session.flush()
    await audit.record(session, caller, queries.entry(action, gap))
    await outbox.append(session, [outbox.message(_event(gap, event, **told), key=gap.id)])
    view = queries.record_of(gap).model_dump(mode="json")
    return Answer(200, view, {"ETag": etag(gap.version)})


def _event(gap: ServiceGap, event: type[GapEvent], **told: Any) -> GapEvent:
    return event.model_validate(
        {
            "aggregate_id": gap.id,
            "version": gap.version,
            "occurred_at": utc_now(),
            "type": gap.type,
            "service": gap.service,
            "municipality": gap.municipality,
            "county": county_of(gap.municipality),
            "step": gap.step,
            "status": gap.status,
            "team": gap.team,
        }
        | told
    )
