"""What senders took back: a cancelled referral was one all the same; one entered in error was none.

The row may not be there yet, and whatever comes later fills in the rest of it.
"""

from typing import Any, cast

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.tables import ReferralFact
from shared import telemetry
from shared.contracts.referral import SentReferral
from shared.messages import Received


async def cancel(session: AsyncSession, event: Received) -> None:
    """The sender took the referral back."""
    await _mark(session, event, cancelled=True)


async def disregard(session: AsyncSession, event: Received) -> None:
    """The referral should never have been sent: no report counts it."""
    await _mark(session, event, entered_in_error=True)


async def _mark(session: AsyncSession, event: Received, **marks: Any) -> None:
    data = cast(SentReferral, event.data)
    upsert = insert(ReferralFact).values(
        referral_id=data.aggregate_id, client_ref=data.client_ref, **marks
    )
    await session.execute(
        upsert.on_conflict_do_update(index_elements=[col(ReferralFact.referral_id)], set_=marks)
    )
    telemetry.tag(referral_id=str(data.aggregate_id))
