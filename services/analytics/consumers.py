"""Which event moves what in the analytics service."""

from services.analytics.projections import commands as projections
from services.analytics.projections import (
    consents,
    contacts,
    gaps,
    goals,
    handovers,
    paths,
    persons,
    placements,
    readings,
    referral_changes,
    teams,
    visits,
)
from shared.consumer import Handlers
from shared.contracts.case_life import (
    CaseReturned,
    HandoverFollowedUp,
    HousingChanged,
    MotivationRecorded,
    SegmentChanged,
)
from shared.contracts.caseload import (
    CaseAssigned,
    CaseClientCorrected,
    CaseClosed,
    CaseContacted,
    CasePlaced,
    PlacementEnded,
    ServicePathChanged,
    TeamChanged,
    WorkerChanged,
)
from shared.contracts.consent import ConsentDenied, ConsentGiven, ConsentRevoked
from shared.contracts.referral import (
    ClientLinked,
    ClientMerged,
    ClientUnlinked,
    ReferralAmended,
    ReferralCancelled,
    ReferralEnteredInError,
    ReferralReceived,
)
from shared.contracts.registers import GapReported, GapResolved, GapUpdated

HANDLERS: Handlers = {
    ReferralReceived: projections.learn_referral,
    ReferralAmended: projections.amend_referral,
    ReferralCancelled: referral_changes.cancel,
    ReferralEnteredInError: referral_changes.disregard,
    **dict.fromkeys(projections.OUTCOME_EVENTS, projections.learn_outcome),
    CaseAssigned: projections.open_case,
    CaseClosed: projections.close_case,
    CaseClientCorrected: persons.correct_client,
    **dict.fromkeys((ClientLinked, ClientMerged, ClientUnlinked), persons.learn),
    CasePlaced: placements.place,
    PlacementEnded: placements.end,
    CaseContacted: contacts.reach,
    CaseReturned: contacts.come_back,
    **dict.fromkeys(visits.STATES, visits.learn),
    **dict.fromkeys(goals.STATES, goals.learn),
    MotivationRecorded: readings.motivation,
    HousingChanged: readings.housing,
    SegmentChanged: readings.segment,
    **dict.fromkeys(handovers.STEPS, handovers.learn),
    HandoverFollowedUp: handovers.follow_up,
    ServicePathChanged: paths.learn,
    TeamChanged: teams.learn_team,
    WorkerChanged: teams.learn_worker,
    **dict.fromkeys((GapReported, GapUpdated, GapResolved), gaps.learn),
    **dict.fromkeys((ConsentGiven, ConsentRevoked, ConsentDenied), consents.learn),
}
