"""Which event moves what in the referral service."""

from services.referral.following import commands as following
from shared.consumer import Handlers
from shared.contracts.consent import (
    ConsentDenied,
    ConsentGiven,
    ConsentRevoked,
    DenialLifted,
)

HANDLERS: Handlers = {
    **dict.fromkeys(following.CASE_EVENTS, following.follow_case),
    ConsentGiven: following.learn_consent,
    ConsentRevoked: following.forget_consent,
    ConsentDenied: following.learn_denial,
    DenialLifted: following.forget_denial,
}
