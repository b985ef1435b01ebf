"""What a denial is made of and how it moves; pure."""

from enum import StrEnum

from shared.contracts.codes import ConsentDirection


class Status(StrEnum):
    """Where a denial is in its life: it begins when it is recorded."""

    IN_FORCE = "in_force"
    LIFTED = "lifted"


class Action(StrEnum):
    """What may be done to a denial."""

    LIFT = "lift"


_TRANSITIONS: dict[tuple[Status, Action], Status] = {
    (Status.IN_FORCE, Action.LIFT): Status.LIFTED,
}


def after(status: Status, action: Action) -> Status | None:
    """Where an action leads from a status; None when it is not allowed there."""
    return _TRANSITIONS.get((status, action))


class Flaw(StrEnum):
    """What keeps a denial from being recorded."""

    PARTNER_NOT_TAKEN = "partner_not_taken"
    ORGANISATIONS_NOT_TAKEN = "organisations_not_taken"


def extent_flaws(
    direction: ConsentDirection | None, *, partner: bool, organisations: bool
) -> list[Flaw]:
    """What does not fit: a partner is named for `to_partner` alone, and is itself the
    organisation."""
    found = {
        Flaw.PARTNER_NOT_TAKEN: partner and direction != ConsentDirection.TO_PARTNER,
        Flaw.ORGANISATIONS_NOT_TAKEN: partner and organisations,
    }
    return [flaw for flaw, present in found.items() if present]
