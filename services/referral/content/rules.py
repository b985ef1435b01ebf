"""What of a referral goes beyond its lawful basis once the client has refused consent; pure.

A referral that rests on the client's consent or own wish holds what the client agreed to. One that
came without it rests on section 35 of the Social Welfare Act (1301/2014): it is to say who needs
support, how to find them and why (domain rules 3 and 7). What the sender told beyond that the team
may use while the client has not answered, and no longer.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from shared.contracts.codes import AmendedField, LawfulBasis

NARRATIVE, HOUSING = AmendedField.NARRATIVE, AmendedField.HOUSING

BEYOND: dict[LawfulBasis, Mapping[str, frozenset[str]]] = {
    LawfulBasis.CONSENT: {},
    LawfulBasis.SELF: {},
    LawfulBasis.DUTY_TO_NOTIFY: {HOUSING: frozenset({"since", "arrears_eur", "eviction_on"})},
    LawfulBasis.PRIVATE_NOTIFIER: {HOUSING: frozenset({"since", "arrears_eur", "eviction_on"})},
}
"""By basis, the fields of a part of the referral that go beyond it, besides free text."""

WITHOUT_CONSENT = frozenset(basis for basis, parts in BEYOND.items() if parts)
"""The bases that something goes beyond."""

FREE_TEXT = frozenset({NARRATIVE, "text"})
"""What the sender wrote freely: of the referral, and when taking it back."""


def due_on(refused_on: date, kept_days: int) -> date:
    """The day on which it is erased."""
    return refused_on + timedelta(days=kept_days)


def within_basis(basis: LawfulBasis, told: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept of what was told: a referral's fields, or those of an amendment."""
    if basis not in WITHOUT_CONSENT:
        return dict(told)
    kept = {name: value for name, value in told.items() if name not in FREE_TEXT}
    for part, beyond in BEYOND[basis].items():
        if kept.get(part):
            kept[part] = {name: None if name in beyond else v for name, v in kept[part].items()}
    return kept
