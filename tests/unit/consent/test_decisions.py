"""Consents alone, over every combination of what one can be and what can be asked; the whole
decision is in test_truth_table.py."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consent.decisions.asking import Purpose, RequesterSector
from services.consent.decisions.rules import (
    Basis,
    Decision,
    HeldConsent,
    Holdings,
    Obligation,
    Question,
    Requester,
    Target,
    Verdict,
)
from services.consent.decisions.rules import decide as decide_by
from shared.contracts.codes import ConsentDirection

D = ConsentDirection
S = RequesterSector
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ORGANISATION, DATA_CLASS = "1.2.246.10.1", "joint_plan"

TARGETS = {
    "general": None,
    "this": (Target(ORGANISATION, frozenset({DATA_CLASS, "summary"})),),
    "among others": (
        Target("1.2.246.10.2", frozenset({"summary"})),
        Target(ORGANISATION, frozenset({DATA_CLASS})),
    ),
    "another organisation": (Target("1.2.246.10.2", frozenset({DATA_CLASS})),),
    "another class": (Target(ORGANISATION, frozenset({"summary"})),),
    "each in another target": (
        Target(ORGANISATION, frozenset({"summary"})),
        Target("1.2.246.10.2", frozenset({DATA_CLASS})),
    ),
}
COVERING = {"general", "this", "among others"}
BEGINS = {"in the past": NOW - DAY, "now": NOW, "later": NOW + DAY}
ENDS = {"never": None, "later": NOW + DAY, "now": NOW, "ended": NOW - timedelta(hours=1)}
REVOKED = {"never": None, "now": NOW, "before": NOW - DAY, "later": NOW + DAY}
RECEIVES = {(D.SOCIAL_TO_HEALTH, S.HEALTH), (D.HEALTH_TO_SOCIAL, S.SOCIAL)} | {
    (D.TO_PARTNER, S.PARTNER)
}

Case = tuple[D, str, str, str, str, D, S, Purpose]
CASES: list[Case] = list(product(D, TARGETS, BEGINS, ENDS, REVOKED, D, S, Purpose))


def question(
    direction: D = D.SOCIAL_TO_HEALTH, sector: S = S.HEALTH, purpose: Purpose = Purpose.CARE
) -> Question:
    return Question(Requester(ORGANISATION, sector), purpose, DATA_CLASS, direction, NOW)


def held(
    direction: D = D.SOCIAL_TO_HEALTH,
    targets: str = "general",
    begins: str = "in the past",
    ends: str = "never",
    revoked: str = "never",
) -> HeldConsent:
    return HeldConsent(
        uuid4(), direction, TARGETS[targets], BEGINS[begins], ENDS[ends], REVOKED[revoked]
    )


def decide(asked: Question, consents: list[HeldConsent]) -> Decision:
    return decide_by(asked, Holdings(consents))


def expected(case: Case) -> Basis:
    """The truth table in words."""
    held_direction, targets, begins, ends, revoked, direction, sector, _ = case
    if held_direction != direction or begins == "later":
        return Basis.NO_CONSENT
    over = ends in ("now", "ended")
    taken_back = revoked in ("now", "before")
    if targets not in COVERING or (direction, sector) not in RECEIVES:
        return Basis.NO_CONSENT if over or taken_back else Basis.OUT_OF_SCOPE
    if taken_back:
        return Basis.CONSENT_REVOKED
    return Basis.CONSENT_EXPIRED if over else Basis.CONSENT


def decided() -> Iterator[tuple[Case, HeldConsent, Decision]]:
    for case in CASES:
        consent = held(*case[:5])
        yield case, consent, decide(question(*case[5:]), [consent])


def test_one_consent_decides_as_the_truth_table_says() -> None:
    wrong = [case for case, _, decision in decided() if decision.basis != expected(case)]
    assert wrong == []


def test_only_a_permit_names_its_consent_its_obligations_and_its_end() -> None:
    for _, consent, decision in decided():
        if decision.basis == Basis.CONSENT:
            assert decision == Decision(
                Verdict.PERMIT,
                Basis.CONSENT,
                consent.id,
                (Obligation.LOG_DISCLOSURE,),
                consent.valid_to,
            )
        else:
            assert decision == Decision(Verdict.DENY, decision.basis)


def test_without_any_consent_nothing_is_told() -> None:
    for direction, sector, purpose in product(D, S, Purpose):
        decision = decide(question(direction, sector, purpose), [])
        assert decision == Decision(Verdict.DENY, Basis.NO_CONSENT)


CONSENTS = st.builds(
    held,
    st.sampled_from(D),
    st.sampled_from(list(TARGETS)),
    st.sampled_from(list(BEGINS)),
    st.sampled_from(list(ENDS)),
    st.sampled_from(list(REVOKED)),
)
QUESTIONS = st.builds(question, st.sampled_from(D), st.sampled_from(S), st.sampled_from(Purpose))


@given(asked=QUESTIONS, consents=st.lists(CONSENTS, max_size=6))
def test_several_consents_decide_as_the_strongest_of_them(
    asked: Question, consents: list[HeldConsent]
) -> None:
    order = list(Basis)
    alone = [decide(asked, [consent]).basis for consent in consents]
    decision = decide(asked, consents)
    assert decision.basis == min(alone, key=order.index, default=Basis.NO_CONSENT)
    assert (decision.verdict == Verdict.PERMIT) == (Basis.CONSENT in alone)


@given(asked=QUESTIONS, consents=st.lists(CONSENTS, max_size=6), data=st.data())
def test_the_order_of_consents_changes_nothing_that_is_told(
    asked: Question, consents: list[HeldConsent], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(consents))
    first, second = decide(asked, consents), decide(asked, shuffled)
    assert replace(first, consent_id=None) == replace(second, consent_id=None)


def test_the_consent_that_lasts_longest_is_named() -> None:
    short, forever = held(ends="later"), held()
    assert decide(question(), [short, forever]).consent_id == forever.id
    assert decide(question(), [forever, short]).valid_until is None


@pytest.mark.parametrize("ends", ["never", "later"])
def test_a_decision_ends_with_its_consent(ends: str) -> None:
    assert decide(question(), [held(ends=ends)]).valid_until == ENDS[ends]


def test_a_partner_is_told_the_consented_facts_alone() -> None:
    partner = UUID(int=7)
    consent = replace(held(D.TO_PARTNER), targets=(Target(str(partner), frozenset({"contacted"})),))
    asks = replace(question(D.TO_PARTNER), requester=Requester(str(partner), S.PARTNER))
    contacted = decide(replace(asks, data_class="contacted"), [consent])
    ended = decide(replace(asks, data_class="ended"), [consent])
    assert (contacted.verdict, ended.verdict) == (Verdict.PERMIT, Verdict.DENY)
    assert ended.basis == Basis.OUT_OF_SCOPE
