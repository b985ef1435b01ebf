"""Which event moves what in the caseload service."""

from services.caseload.assignment import commands as assignment
from shared.consumer import Handlers
from shared.contracts.referral import ReferralReceived

HANDLERS: Handlers = {ReferralReceived: assignment.take_referral}
