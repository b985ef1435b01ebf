"""Warm handovers: when each came how far. Every step is told once."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.projections import belonging
from services.analytics.projections.rows import Values, fill
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
    await _write(session, data, {STEPS[type(data)]: data.occurred_at})


async def follow_up(session: AsyncSession, event: Received) -> None:
    """Whether the client is still with the receiving service; earlier looks are not kept."""
    data = cast(HandoverFollowedUp, event.data)
    if data.days < FOLLOW_UP_DAYS:
        return
    await _write(session, data, newer={"attached_version": {"attached": data.attached}})


async def _write(
    session: AsyncSession,
    data: HandoverEvent,
    once: Values | None = None,
    newer: Mapping[str, Values] | None = None,
) -> None:
    told = {
        "case_id": data.aggregate_id,
        "team": data.team,
        "receiver_kind": data.receiver_kind,
        **(once or {}),
    }

    async def write(taken: Values, beside: Select[Any] | None) -> bool:
        return await fill(
            session,
            HandoverFact,
            {"handover_id": data.handover_id},
            once={**told, **taken},
            newer=newer,
            version=data.version,
            beside=beside,
        )

    await belonging.write(session, data.aggregate_id, write)
