"""The least event process there can be, on the platform of all: `python -m
tests.support.small_consumer_process`. For every referral it keeps one row and tells one event.
"""

from typing import cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import configuration, outbox, worker
from shared.consumer import Handlers
from shared.contracts.caseload import ReferralAccepted
from shared.contracts.referral import ReferralReceived
from shared.messages import Received
from shared.settings import PlatformSettings

_NOTE = text("INSERT INTO effects (referral_id, client_ref) VALUES (:referral, :client)")


async def note(session: AsyncSession, event: Received) -> None:
    """One row of effect, one event."""
    data = cast(ReferralReceived, event.data)
    await session.execute(_NOTE, {"referral": data.aggregate_id, "client": data.client_ref})
    told = ReferralAccepted(
        aggregate_id=data.aggregate_id,
        version=1,
        occurred_at=data.received_at,
        client_ref=data.client_ref,
        referral_ids=(data.aggregate_id,),
        team=data.partner_id,
        referral_id=data.aggregate_id,
        contact_due_at=data.received_at,
        joined_open_case=False,
    )
    await outbox.append(session, [outbox.message(told, key=data.client_ref)])


HANDLERS: Handlers = {ReferralReceived: note}


if __name__ == "__main__":
    worker.run(configuration.read(PlatformSettings), HANDLERS)
