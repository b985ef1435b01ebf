"""Which event moves what in the caseload service."""

from services.caseload.assignment import commands as assignment
from services.caseload.assignment import referral_changes
from services.caseload.persons import commands as persons
from services.caseload.returns import commands as returns
from shared.consumer import Handlers
from shared.contracts.consent import ConsentDenied, ConsentGiven, ConsentRefused, ConsentRevoked
from shared.contracts.referral import (
    ClientLinked,
    ClientMerged,
    ClientUnlinked,
    ReferralAmended,
    ReferralCancelled,
    ReferralEnteredInError,
    ReferralReceived,
)

HANDLERS: Handlers = {
    ReferralReceived: assignment.take_referral,
    ReferralAmended: referral_changes.amend,
    ReferralCancelled: referral_changes.withdraw,
    ReferralEnteredInError: referral_changes.withdraw,
    ClientLinked: persons.join,
    ClientMerged: persons.join,
    ClientUnlinked: persons.part,
    ConsentGiven: returns.note_consent,
    ConsentRevoked: returns.note_consent,
    ConsentDenied: returns.note_consent,
    ConsentRefused: returns.note_consent,
}
