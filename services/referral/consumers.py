"""Which event moves what in the referral service."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.referral.content import commands as content
from services.referral.following import commands as following
from shared.consumer import Handlers
from shared.contracts.consent import (
    ConsentDenied,
    ConsentGiven,
    ConsentRefused,
    ConsentRevoked,
    DenialLifted,
)
from shared.messages import Received


async def _learn_consent(session: AsyncSession, event: Received) -> None:
    await content.call_off(session, event)
    await following.learn_consent(session, event)


HANDLERS: Handlers = {
    **dict.fromkeys(following.CASE_EVENTS, following.follow_case),
    ConsentGiven: _learn_consent,
    ConsentRefused: content.learn_refusal,
    ConsentRevoked: following.forget_consent,
    ConsentDenied: following.learn_denial,
    DenialLifted: following.forget_denial,
}
