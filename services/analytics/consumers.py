"""Which event moves what in the analytics service."""

from services.analytics.projections import commands as projections
from services.analytics.projections import referral_changes
from shared.consumer import Handlers
from shared.contracts.caseload import CaseAssigned, CaseClosed
from shared.contracts.referral import (
    ReferralCancelled,
    ReferralEnteredInError,
    ReferralReceived,
)

HANDLERS: Handlers = {
    ReferralReceived: projections.learn_referral,
    ReferralCancelled: referral_changes.cancel,
    ReferralEnteredInError: referral_changes.disregard,
    **dict.fromkeys(projections.OUTCOME_EVENTS, projections.learn_outcome),
    CaseAssigned: projections.open_case,
    CaseClosed: projections.close_case,
}
