"""Warm handovers: when each came how far. Every step is told once."""

from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.projections.rows import fill
from services.analytics.tables import HandoverFact
from shared.contracts.case_life import (
    HandoverAccepted,
    HandoverConfirmed,
    HandoverDeclined,
    HandoverEvent,
    HandoverFailed,
    HandoverFollowedUp,
    HandoverProposed,
)
from shared.messages import Received

STEPS: dict[type[HandoverEvent], str] = {
    HandoverProposed: "proposed_at",
    HandoverAccepted: "accepted_at",
    HandoverDeclined: "declined_at",
    HandoverConfirmed: "confirmed_at",
    HandoverFailed: "failed_at",
}
FOLLOW_UP_DAYS = 90


async def learn(session: AsyncSession, event: Received) -> None:
    """A step of the handover was taken."""
    data = cast(HandoverEvent, event.data)
    once = {**_whose(data), STEPS[type(data)]: data.occurred_at}
    await fill(session, HandoverFact, {"handover_id": data.handover_id}, once=once)


async def follow_up(session: AsyncSession, event: Received) -> None:
    """Whether the client is still with the receiving service; earlier looks are not kept."""
    data = cast(HandoverFollowedUp, event.data)
    if data.days < FOLLOW_UP_DAYS:
        return
    await fill(
        session,
        HandoverFact,
        {"handover_id": data.handover_id},
        once=_whose(data),
        newer={"attached_version": {"attached": data.attached}},
        version=data.version,
    )


def _whose(data: HandoverEvent) -> dict[str, Any]:
    return {"case_id": data.aggregate_id, "team": data.team, "receiver_kind": data.receiver_kind}
