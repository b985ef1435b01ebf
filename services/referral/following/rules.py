"""What a partner may see of a referral it sent; pure.

One table carries the policy: `VISIBLE_STATUS`, who sees which status. Domain rule 4: to a
non-authority, that someone is a client is itself secret.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.contracts.codes import (
    AUTHORITY_KINDS,
    BusinessStatus,
    LawfulBasis,
    PartnerFact,
    PartnerKind,
    ReferralStatus,
)

S = ReferralStatus
B = BusinessStatus


class ViewClass(StrEnum):
    """How much a partner may see of one referral."""

    FULL = "full"
    """An authority whose referral rests on the client's consent."""
    STATUS_ONLY = "status_only"
    """An authority that notified without consent."""
    RECEIPT_ONLY = "receipt_only"
    """Everybody else."""


def view_class(kind: PartnerKind, basis: LawfulBasis, *, denied: bool = False) -> ViewClass:
    """The class of a partner's view of a referral it sent on this basis. `denied`: the client now
    forbids to tell this partner, which leaves what it would see without consent."""
    if kind not in AUTHORITY_KINDS:
        return ViewClass.RECEIPT_ONLY
    consented = basis == LawfulBasis.CONSENT and not denied
    return ViewClass.FULL if consented else ViewClass.STATUS_ONLY


VISIBLE_STATUS: dict[ViewClass, dict[ReferralStatus, ReferralStatus]] = {
    ViewClass.FULL: {status: status for status in S},
    ViewClass.STATUS_ONLY: {
        S.REQUESTED: S.REQUESTED,
        S.ACCEPTED: S.ACCEPTED,
        S.REJECTED: S.COMPLETED,
        S.IN_PROGRESS: S.ACCEPTED,
        S.ON_HOLD: S.REQUESTED,
        S.COMPLETED: S.COMPLETED,
        S.FAILED: S.COMPLETED,
        S.CANCELLED: S.CANCELLED,
        S.ENTERED_IN_ERROR: S.CANCELLED,
    },
    ViewClass.RECEIPT_ONLY: dict.fromkeys(S, S.REQUESTED),
}


@dataclass(frozen=True)
class Progress:
    """Where a referral's work stands."""

    status: ReferralStatus
    business_status: BusinessStatus | None = None
    team: UUID | None = None
    contact_due_at: datetime | None = None
    contacted: bool = False
    ended: bool = False


@dataclass(frozen=True)
class Visible:
    """What a partner is shown of it."""

    status: ReferralStatus
    business_status: BusinessStatus | None = None
    team: UUID | None = None
    contact_due_at: datetime | None = None


def visible(view: ViewClass, progress: Progress, facts: Set[PartnerFact]) -> Visible:
    """What a partner of this class sees; `facts` are those the client consented to tell it."""
    status = VISIBLE_STATUS[view][progress.status]
    if view == ViewClass.FULL:
        return Visible(status, progress.business_status, progress.team, progress.contact_due_at)
    return Visible(status, _consented(progress, facts))


def _consented(progress: Progress, facts: Set[PartnerFact]) -> BusinessStatus | None:
    if progress.ended and PartnerFact.ENDED in facts:
        return B.ENDED
    if progress.contacted and PartnerFact.CONTACTED in facts:
        return B.CONTACTED
    return None


def statuses_shown_as(view: ViewClass, shown: ReferralStatus) -> frozenset[ReferralStatus]:
    """The inner statuses that this class is shown as `shown`."""
    return frozenset(inner for inner, outer in VISIBLE_STATUS[view].items() if outer == shown)
