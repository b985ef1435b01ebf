"""Ages as coarse groups, and what the house believes of a person that several told of; pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.contracts.codes import AgeGroup

CIRCUMSTANCES = ("phone", "email", "whereabouts", "municipality", "language")
"""How to reach a person: the newest word stands."""
IDENTITY = ("given_name", "family_name", "birth_date")
"""Who the person is: the first word stands, and only who said it may correct it."""
ORDER = "non_disclosure_order"
"""Once told it stands (turvakielto): no sender can lift what may protect a life."""

_UPPER_AGES = (
    (17, AgeGroup.UNDER_18),
    (29, AgeGroup.FROM_18_TO_29),
    (64, AgeGroup.FROM_30_TO_64),
    (75, AgeGroup.FROM_65_TO_75),
)


def age_group(birth_date: date | None, today: date) -> AgeGroup:
    """The group of a person's age in full years; 75 itself is not yet "over 75" (SHL 36 §)."""
    if birth_date is None:
        return AgeGroup.UNKNOWN
    had_birthday = (today.month, today.day) >= (birth_date.month, birth_date.day)
    age = today.year - birth_date.year - (0 if had_birthday else 1)
    return next((group for upper, group in _UPPER_AGES if age <= upper), AgeGroup.OVER_75)


def learned(known: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a person after one more referral told of them."""
    newest = {name: told[name] for name in CIRCUMSTANCES if told.get(name) is not None}
    return {**told, **known, **newest, ORDER: _ordered(known, told)}


def corrected(
    known: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    """What is known of a person after a sender changed its own word from `before` to `after`.

    What somebody else said of who the person is stands. The identity code is not a field like
    others: see `clients.linking`.
    """
    result = dict(known)
    for name in (*CIRCUMSTANCES, *IDENTITY):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if known.get(name) in (None, old) or (name in CIRCUMSTANCES and new is not None):
            result[name] = new
    result[ORDER] = _ordered(known, after)
    return {name: value for name, value in result.items() if value is not None}


def _ordered(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one.get(ORDER) or other.get(ORDER))
