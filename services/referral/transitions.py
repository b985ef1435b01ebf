"""Every status of a referral and what moves it, in one total table; pure.

Two parties act on a referral: the team's work, as the caseload service tells it, and the sender,
who may add to it and take it back. The words are those of HL7's Task, whose state machine this
keeps: what has ended stays so, and only an error is an error whenever it is found.
"""

from enum import StrEnum
from itertools import product

from shared.contracts.codes import BusinessStatus, ReferralStatus

S = ReferralStatus
B = BusinessStatus


class Action(StrEnum):
    """What can happen to a referral."""

    ACCEPT = "accept"
    WAITLIST = "waitlist"
    REDIRECT = "redirect"
    REASSIGN = "reassign"
    ATTEMPT_CONTACT = "attempt_contact"
    REACH = "reach"
    ASSESS = "assess"
    SUPPORT = "support"
    PROPOSE_HANDOVER = "propose_handover"
    ACCOMPANY = "accompany"
    CONFIRM_HANDOVER = "confirm_handover"
    CLOSE = "close"
    RETURN = "return"
    AMEND = "amend"
    CANCEL = "cancel"
    MARK_ENTERED_IN_ERROR = "mark_entered_in_error"


A = Action

Move = tuple[ReferralStatus, BusinessStatus | None]
"""The status after, and the word for the work; None where that stays as it was."""

OPEN = (S.REQUESTED, S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD)
TAKEN = (S.ACCEPTED, S.IN_PROGRESS)
"""At a team; `accepted` also when it joined the case of somebody who was in work already."""

_WORK: dict[Action, BusinessStatus] = {
    A.REACH: B.CONTACTED,
    A.ASSESS: B.ASSESSMENT,
    A.SUPPORT: B.SUPPORT,
    A.PROPOSE_HANDOVER: B.HANDOVER_PROPOSED,
    A.ACCOMPANY: B.HANDOVER_ACCOMPANIED,
    A.CONFIRM_HANDOVER: B.HANDOVER_CONFIRMED,
}
"""The team's work with the client, in the word that an authority with consent is told."""

_MOVES: dict[tuple[ReferralStatus, Action], Move] = {
    (S.REQUESTED, A.ACCEPT): (S.ACCEPTED, None),
    (S.ON_HOLD, A.ACCEPT): (S.ACCEPTED, None),
    # Told again with another date of contact, after the sender changed the urgency.
    (S.ACCEPTED, A.ACCEPT): (S.ACCEPTED, None),
    (S.REQUESTED, A.WAITLIST): (S.ON_HOLD, B.WAITLISTED),
    (S.ON_HOLD, A.WAITLIST): (S.ON_HOLD, B.WAITLISTED),
    # The work was another person's (they were unlinked): this one gets, or waits for, their own.
    **{(status, A.WAITLIST): (S.ON_HOLD, B.WAITLISTED) for status in TAKEN},
    (S.IN_PROGRESS, A.ACCEPT): (S.ACCEPTED, None),
    (S.REQUESTED, A.REDIRECT): (S.REQUESTED, B.REDIRECTED),
    (S.ON_HOLD, A.REDIRECT): (S.REQUESTED, B.REDIRECTED),
    **{(status, A.REASSIGN): (status, None) for status in TAKEN},
    (S.ACCEPTED, A.ATTEMPT_CONTACT): (S.ACCEPTED, B.CONTACT_ATTEMPTED),
    (S.IN_PROGRESS, A.ATTEMPT_CONTACT): (S.IN_PROGRESS, B.CONTACT_ATTEMPTED),
    **{
        (status, action): (S.IN_PROGRESS, word)
        for status in TAKEN
        for action, word in _WORK.items()
    },
    **{(status, A.CLOSE): (S.COMPLETED, B.ENDED) for status in OPEN},
    # The referral is done; a new period begins without one, and is not this sender's matter.
    (S.COMPLETED, A.RETURN): (S.COMPLETED, B.RETURNED),
    **{(status, A.AMEND): (status, None) for status in OPEN},
    **{(status, A.CANCEL): (S.CANCELLED, None) for status in OPEN},
    **{
        (status, A.MARK_ENTERED_IN_ERROR): (S.ENTERED_IN_ERROR, None)
        for status in S
        if status != S.ENTERED_IN_ERROR
    },
}

TABLE: dict[tuple[ReferralStatus, Action], Move | None] = {
    pair: _MOVES.get(pair) for pair in product(S, A)
}


def after(status: ReferralStatus, action: Action) -> Move | None:
    """Where an action leads from a status.

    None: the team's work changes nothing (what its sender took back stays so), and the sender is
    refused.
    """
    return TABLE[status, action]
