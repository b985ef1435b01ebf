"""Whose what is, when two who were taken for one are two again; pure.

A referral belongs to the ref it came under, or that the referral service says it was of. What
answers referrals of one person alone is that person's; what answers referrals of both stays with
the ref it began under, and the other's referrals ask anew: a referral is never lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Parting:
    """The one who goes, by the ref that was unlinked, with all refs of theirs and of the one who
    stays."""

    goer: UUID
    theirs: frozenset[UUID]
    ours: frozenset[UUID]

    def is_theirs(self, told_under: UUID | None, *, otherwise: bool) -> bool:
        """Whether a referral is the goer's; `otherwise` when it came under no ref of the two."""
        return told_under in self.theirs or (otherwise and told_under not in self.ours)


@dataclass(frozen=True)
class Answered:
    """A referral that a case or a place in line answers; `asks`: it still asks for something."""

    referral_id: UUID
    is_theirs: bool
    asks: bool


@dataclass(frozen=True)
class Answering:
    """A case or a place in line. `began_of_itself`: no referral began it, but a past that was taken
    over, or an earlier period of a client who came back and who does not go."""

    is_theirs: bool
    is_open: bool
    began_of_itself: bool
    answered: Sequence[Answered]


def goes_along(what: Answering) -> bool:
    """Whether a case or place of the one who stays is the goer's alone."""
    if what.is_theirs or what.began_of_itself or not what.answered:
        return False
    return all(referral.is_theirs for referral in what.answered)


def leaving(what: Answering) -> list[UUID]:
    """Which referrals ask anew for their own person; those of what has ended ask for nothing."""
    if not what.is_open:
        return []
    return [
        referral.referral_id
        for referral in what.answered
        if referral.asks and referral.is_theirs != what.is_theirs
    ]
