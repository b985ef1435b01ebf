"""The client's answer to the question of consent, as far as it reaches what a referral told.

Each runs inside the consumer's transaction. The last answer counts: one that comes late, or again,
changes nothing.
"""

from datetime import date
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.referral.clients.groups import lock_referrals
from services.referral.content.rules import WITHOUT_CONSENT
from shared.calendar import FINLAND
from shared.contracts.consent import ConsentGiven, ConsentRefused
from shared.messages import Received


async def learn_refusal(session: AsyncSession, event: Received) -> None:
    """What the person's referrals told beyond their basis becomes due for erasure."""
    data = cast(ConsentRefused, event.data)
    refused_on = data.refused_at.astimezone(FINLAND).date()
    await _answer(session, data.client_ref, event, refused_on)


async def call_off(session: AsyncSession, event: Received) -> None:
    """A consent calls the erasure off, as far as it has not come yet."""
    await _answer(session, cast(ConsentGiven, event.data).client_ref, event, None)


async def _answer(
    session: AsyncSession, client_ref: UUID, event: Received, refused_on: date | None
) -> None:
    answered_at = event.data.occurred_at
    for referral in await lock_referrals(session, [client_ref]):
        concerned = referral.lawful_basis in WITHOUT_CONSENT and referral.received_at <= answered_at
        last = referral.consent_answered_at
        if concerned and (last is None or last < answered_at):
            referral.consent_answered_at = answered_at
            referral.refused_on = refused_on
