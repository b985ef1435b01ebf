"""Whether two persons may be one; pure.

The same valid identity code is the same person, and two different codes are two people. Without
that, what is known of the two is weighed: what agrees speaks for one person, what contradicts
speaks against it, what one of them lacks says nothing. Who reaches `REVIEW_FROM` is a possible
match for somebody to look at; nobody is ever merged for a score.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

REVIEW_FROM = 0.4
"""A telephone number alone is enough to look at. A name alone is not: it is no key."""

MOST_KEYS = 12


class MatchFact(StrEnum):
    """What of two persons may agree."""

    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    BIRTH_DATE = "birth_date"
    PHONE = "phone"


class KeyPurpose(StrEnum):
    """By what a person is found again."""

    PHONE = "phone"
    NAME_AND_BIRTH_DATE = "name_and_birth_date"


@dataclass(frozen=True)
class Traits:
    """What is known of a person: names folded and taken apart, the phone number in E.164."""

    identity_code: str | None = None
    given_names: frozenset[str] = frozenset()
    family_names: frozenset[str] = frozenset()
    birth_date: date | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Likeness:
    """How much speaks for two persons being one, from 0 to 1, and which facts agree."""

    score: float
    agree: tuple[MatchFact, ...]


FOR = {
    MatchFact.GIVEN_NAME: 0.2,
    MatchFact.FAMILY_NAME: 0.25,
    MatchFact.BIRTH_DATE: 0.3,
    MatchFact.PHONE: 0.4,
}
AGAINST = {
    MatchFact.GIVEN_NAME: 0.2,
    # People marry.
    MatchFact.FAMILY_NAME: 0.1,
    MatchFact.BIRTH_DATE: 0.3,
    # People lose their phones.
    MatchFact.PHONE: 0.0,
}

_SEPARATORS = re.compile(r"[\W_]+")
_UNDECOMPOSED = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe"})


def names(text: str | None) -> frozenset[str]:
    """The names in a text, whatever their case, accents, order and hyphens."""
    decomposed = unicodedata.normalize("NFKD", (text or "").casefold().translate(_UNDECOMPOSED))
    if not decomposed.isascii():
        decomposed = "".join(one for one in decomposed if not unicodedata.combining(one))
    return frozenset(part for part in _SEPARATORS.split(decomposed) if part)


def likeness(one: Traits, other: Traits) -> Likeness:
    """How alike two persons are; the same whichever is named first."""
    if one.identity_code and other.identity_code:
        same = one.identity_code == other.identity_code
        return Likeness(1.0 if same else 0.0, ())
    verdicts = _names_alike(one, other) | {
        MatchFact.BIRTH_DATE: _equal(one.birth_date, other.birth_date),
        MatchFact.PHONE: _equal(one.phone, other.phone),
    }
    weight = sum(
        FOR[fact] if verdict else -AGAINST[fact]
        for fact, verdict in verdicts.items()
        if verdict is not None
    )
    agree = tuple(fact for fact in MatchFact if verdicts[fact])
    return Likeness(round(min(1.0, max(0.0, weight)), 2), agree)


def keys(person: Traits) -> list[tuple[KeyPurpose, str]]:
    """The facts by which others who may be the same person are found, in a settled order."""
    found = [(KeyPurpose.PHONE, person.phone)] if person.phone else []
    if person.birth_date is not None:
        found += [
            (KeyPurpose.NAME_AND_BIRTH_DATE, f"{name} {person.birth_date.isoformat()}")
            for name in sorted(person.given_names | person.family_names)
        ]
    return found[:MOST_KEYS]


def _names_alike(one: Traits, other: Traits) -> dict[MatchFact, bool | None]:
    """Given and family name; taken crosswise where somebody filled them in the wrong way round."""
    straight = {
        MatchFact.GIVEN_NAME: _overlap(one.given_names, other.given_names),
        MatchFact.FAMILY_NAME: _overlap(one.family_names, other.family_names),
    }
    crossed = _overlap(one.given_names, other.family_names) and _overlap(
        one.family_names, other.given_names
    )
    return dict.fromkeys(straight, True) if crossed else straight


def _overlap(one: frozenset[str], other: frozenset[str]) -> bool | None:
    return bool(one & other) if one and other else None


def _equal(one: object, other: object) -> bool | None:
    return one == other if one is not None and other is not None else None
