"""What a consent is made of and how it moves; pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from shared.contracts.codes import ConsentDirection

BACKDATING = timedelta(days=30)
"""A form may lie in a bag for a while before somebody records it; not longer."""


class Giver(StrEnum):
    """Who gave the consent."""

    CLIENT = "client"
    LEGAL_REPRESENTATIVE = "legal_representative"


class Form(StrEnum):
    """How the consent was given."""

    PAPER_SIGNED = "paper_signed"
    DIGITAL = "digital"
    ORAL_RECORDED = "oral_recorded"


class Status(StrEnum):
    """Where a consent is in its life."""

    GIVEN = "given"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Action(StrEnum):
    """What may be done to a consent."""

    REVOKE = "revoke"
    EXPIRE = "expire"


_TRANSITIONS: dict[tuple[Status, Action], Status] = {
    (Status.GIVEN, Action.REVOKE): Status.REVOKED,
    (Status.GIVEN, Action.EXPIRE): Status.EXPIRED,
}


def after(status: Status, action: Action) -> Status | None:
    """Where an action leads from a status; None when it is not allowed there."""
    return _TRANSITIONS.get((status, action))


def standing(status: Status, valid_to: datetime | None, now: datetime) -> Status:
    """The status by the clock: a given consent has expired once its period is over, whether or not
    that was told yet."""
    over = valid_to is not None and valid_to <= now
    return after(status, Action.EXPIRE) or status if over else status


class Flaw(StrEnum):
    """What keeps a consent from being recorded."""

    PARTNER_MISSING = "partner_missing"
    FACTS_MISSING = "facts_missing"
    PARTNER_NOT_TAKEN = "partner_not_taken"
    FACTS_NOT_TAKEN = "facts_not_taken"
    TARGETS_NOT_TAKEN = "targets_not_taken"
    BACKDATED = "valid_from_backdated"
    PERIOD_EMPTY = "valid_to_not_after_valid_from"


def extent_flaws(
    direction: ConsentDirection, *, partner: bool, facts: bool, targets: bool
) -> list[Flaw]:
    """What does not fit the direction, by which of the fields are given.

    A consent to tell a partner names the partner and the facts, and these are all its scope; the
    other directions name neither.
    """
    if direction != ConsentDirection.TO_PARTNER:
        found = {Flaw.PARTNER_NOT_TAKEN: partner, Flaw.FACTS_NOT_TAKEN: facts}
    else:
        found = {
            Flaw.PARTNER_MISSING: not partner,
            Flaw.FACTS_MISSING: not facts,
            Flaw.TARGETS_NOT_TAKEN: targets,
        }
    return [flaw for flaw, present in found.items() if present]


def period_flaws(valid_from: datetime, valid_to: datetime | None, now: datetime) -> list[Flaw]:
    """What is wrong with the period of a consent that is recorded now."""
    found = {
        Flaw.BACKDATED: valid_from < now - BACKDATING,
        Flaw.PERIOD_EMPTY: valid_to is not None and valid_to <= valid_from,
    }
    return [flaw for flaw, present in found.items() if present]


def meet(one: tuple[datetime, datetime | None], other: tuple[datetime, datetime | None]) -> bool:
    """Whether two periods have a moment in common. Each holds its beginning and not its end."""
    (begins, ends), (other_begins, other_ends) = one, other
    return (ends is None or other_begins < ends) and (other_ends is None or begins < other_ends)
