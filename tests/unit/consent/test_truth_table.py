"""The decision, held against the truth table that a lawyer reads, over every combination.

The table is read from the top; the first row that fits decides.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest

from services.consent.decisions import rules
from services.consent.decisions.asking import RECEIVER, Purpose, RequesterSector
from services.consent.decisions.rights import RIGHTS, ClaimedRight, RightCode
from services.consent.decisions.rules import (
    Basis,
    Decision,
    HeldConsent,
    HeldDenial,
    Holdings,
    Obligation,
    Question,
    Relationship,
    Requester,
    Target,
    Verdict,
    decide,
)
from shared.contracts.codes import ConsentDirection, Profession

D = ConsentDirection
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
US, THEM = "1.2.246.10.1", "1.2.246.10.2"
PLAN, OTHER_CLASS = "joint_plan", "diagnosis"
TABLE = list(csv.DictReader(Path(rules.__file__).with_name("truth_table.csv").open("r")))
Held = TypeVar("Held")
NEXT = {D.SOCIAL_TO_HEALTH: D.HEALTH_TO_SOCIAL, D.HEALTH_TO_SOCIAL: D.TO_PARTNER}


@dataclass(frozen=True)
class Case:
    """One combination of what can be asked and what can be held, in the words of the table."""

    right: str
    receiver: str
    denial: str
    consent: str
    question: Question
    holdings: Holdings


def other(direction: D) -> D:
    return NEXT.get(direction, D.SOCIAL_TO_HEALTH)


def consents(direction: D) -> dict[str, list[HeldConsent]]:
    """By its name in the table, each kind of consent there can be; the several that are the same to
    the table are walked one by one."""
    given = HeldConsent(uuid4(), direction, None, NOW - DAY)
    ours = replace(given, targets=(Target(US, frozenset({PLAN})),))
    theirs = replace(given, targets=(Target(THEM, frozenset({PLAN})),))
    narrow = replace(given, targets=(Target(US, frozenset({OTHER_CLASS})),))
    return {
        "in_force": [given, ours, replace(given, valid_to=NOW + DAY)],
        "out_of_scope": [theirs, narrow],
        "revoked": [replace(given, revoked_at=NOW), replace(ours, revoked_at=NOW - DAY)],
        "expired": [replace(given, valid_to=NOW), replace(ours, valid_to=NOW - DAY)],
        "none": [
            replace(given, direction=other(direction)),
            replace(given, valid_from=NOW + DAY),
            replace(theirs, revoked_at=NOW),
            replace(narrow, valid_to=NOW),
        ],
    }


def denials(direction: D) -> dict[str, list[HeldDenial]]:
    """By its name in the table, each kind of denial."""
    everything = HeldDenial(None, None, None, NOW - DAY)
    mine = frozenset({US, THEM})
    return {
        "covers": [
            everything,
            replace(everything, direction=direction),
            replace(everything, organisations=mine),
            replace(everything, data_classes=frozenset({PLAN})),
            HeldDenial(direction, mine, frozenset({PLAN}), NOW),
            replace(everything, lifted_at=NOW + DAY),
        ],
        "none": [
            replace(everything, direction=other(direction)),
            replace(everything, organisations=frozenset({THEM})),
            replace(everything, data_classes=frozenset({OTHER_CLASS})),
            HeldDenial(direction, mine, frozenset({OTHER_CLASS}), NOW - DAY),
            replace(everything, lifted_at=NOW),
            replace(everything, denied_at=NOW + DAY),
        ],
    }


def right_of(question: Question, relationship: Relationship) -> str:
    """What the question relies on, as the table calls it; `none` also where it does not fit."""
    same = RIGHTS[RightCode.SAME_REGISTER]
    if relationship == Relationship.INSIDE_REGISTER and question.direction in same.directions:
        return "same_register"
    claimed = question.statutory_right
    right = RIGHTS[RightCode(claimed)] if claimed else None
    fits = (
        right is not None
        and question.direction in right.directions
        and question.purpose in right.purposes
    )
    return str(claimed) if fits else "none"


def cases() -> Iterator[Case]:
    claims = [None, *ClaimedRight]
    for direction, sector, purpose, claim, relationship in product(
        D, RequesterSector, Purpose, claims, Relationship
    ):
        asked = Question(Requester(US, sector), purpose, PLAN, direction, NOW, claim)
        receiver = "fits" if sector == RECEIVER[direction] else "other"
        right = right_of(asked, relationship)
        held = [("none", []), *_each(consents(direction))]
        forbidden = [("none", []), *_each(denials(direction))]
        for (consent, given), (denial, denied) in product(held, forbidden):
            holdings = Holdings(given, denied, relationship)
            yield Case(right, receiver, denial, consent, asked, holdings)


def _each(kinds: dict[str, list[Held]]) -> Iterator[tuple[str, list[Held]]]:
    for name, members in kinds.items():
        for member in members:
            yield name, [member]


CASES = list(cases())


def row_of(case: Case) -> int:
    """The first row of the table that fits."""
    for number, row in enumerate(TABLE):
        inputs = ("right", "receiver", "denial", "consent")
        if all(row[name] in ("any", getattr(case, name)) for name in inputs):
            return number
    raise LookupError(case)


def test_every_combination_is_decided_as_the_table_says() -> None:
    wrong = []
    for case in CASES:
        row = TABLE[row_of(case)]
        found = decide(case.question, case.holdings)
        if (found.verdict, found.basis) != (row["decision"], row["basis"]):
            wrong.append((case, found.basis, row["basis"]))
    assert not wrong, wrong[:3]


def test_every_row_decides_something_and_every_basis_is_in_the_table() -> None:
    assert {row_of(case) for case in CASES} == set(range(len(TABLE)))
    assert {row["basis"] for row in TABLE} == set(Basis)


def test_a_permit_by_law_names_the_law_and_what_it_binds_to() -> None:
    for case in CASES:
        found = decide(case.question, case.holdings)
        if str(found.basis) not in set(RightCode):
            assert found.law is None
            continue
        assert found.law == RIGHTS[RightCode(found.basis)].law
        assert (found.consent_id, found.valid_until) == (None, None)
        assert Obligation.LOG_DISCLOSURE in found.obligations
        claimed = found.basis != Basis.SAME_REGISTER
        assert (Obligation.RECORD_GROUNDS in found.obligations) == claimed


def test_a_refusal_names_nothing_and_binds_to_nothing() -> None:
    for case in CASES:
        found = decide(case.question, case.holdings)
        if found.verdict == Verdict.DENY:
            assert found == Decision(Verdict.DENY, found.basis)


@pytest.mark.parametrize("profession", Profession)
def test_no_profession_alone_opens_what_a_client_forbids(profession: Profession) -> None:
    """The laws in the table are of a sector's matter, not of a single profession."""
    for direction in D:
        requester = Requester(US, RECEIVER[direction], profession)
        asked = Question(requester, Purpose.CARE, PLAN, direction, NOW)
        held = Holdings(consents(direction)["in_force"], denials(direction)["covers"])
        assert decide(asked, held).basis == Basis.DENIED


def test_one_denial_among_many_words_is_enough() -> None:
    asked = Question(
        Requester(US, RequesterSector.HEALTH), Purpose.CARE, PLAN, D.SOCIAL_TO_HEALTH, NOW
    )
    everything_given = consents(D.SOCIAL_TO_HEALTH)["in_force"]
    mixed = [*denials(D.SOCIAL_TO_HEALTH)["none"], denials(D.SOCIAL_TO_HEALTH)["covers"][0]]
    assert decide(asked, Holdings(everything_given, mixed)).basis == Basis.DENIED
    assert decide(asked, Holdings(everything_given, mixed[:-1])).basis == Basis.CONSENT
