"""The disclosure view, over everything it can be asked."""

from datetime import UTC, datetime
from itertools import product
from uuid import uuid4

import pytest

from services.referral.following.rules import (
    Progress,
    ViewClass,
    statuses_shown_as,
    view_class,
    visible,
)
from shared.contracts.codes import (
    AUTHORITY_KINDS,
    BusinessStatus,
    LawfulBasis,
    PartnerFact,
    PartnerKind,
    ReferralStatus,
)

S = ReferralStatus
ALL_FACTS = frozenset(PartnerFact)
NO_FACTS: frozenset[PartnerFact] = frozenset()


@pytest.mark.parametrize(("kind", "basis"), list(product(PartnerKind, LawfulBasis)))
def test_only_an_authority_with_the_clients_consent_sees_all(
    kind: PartnerKind, basis: LawfulBasis
) -> None:
    seen = view_class(kind, basis)
    if kind not in AUTHORITY_KINDS:
        assert seen == ViewClass.RECEIPT_ONLY
    elif basis == LawfulBasis.CONSENT:
        assert seen == ViewClass.FULL
    else:
        assert seen == ViewClass.STATUS_ONLY


@pytest.mark.parametrize("kind", ["landlord", "relative", "ngo", "self", "other"])
def test_those_who_may_never_know(kind: str) -> None:
    assert view_class(PartnerKind(kind), LawfulBasis.CONSENT) == ViewClass.RECEIPT_ONLY


def progress(status: ReferralStatus, *, contacted: bool = True, ended: bool = True) -> Progress:
    due = datetime(2026, 11, 24, tzinfo=UTC)
    return Progress(status, BusinessStatus.SUPPORT, uuid4(), due, contacted, ended)


@pytest.mark.parametrize("status", S)
def test_without_consent_a_receipt_holder_sees_the_same_whatever_happens(
    status: ReferralStatus,
) -> None:
    nothing = visible(ViewClass.RECEIPT_ONLY, Progress(S.REQUESTED), NO_FACTS)
    assert visible(ViewClass.RECEIPT_ONLY, progress(status), NO_FACTS) == nothing


@pytest.mark.parametrize(
    ("facts", "contacted", "ended", "told"),
    [
        (ALL_FACTS, False, False, None),
        (ALL_FACTS, True, False, BusinessStatus.CONTACTED),
        (ALL_FACTS, True, True, BusinessStatus.ENDED),
        ({PartnerFact.CONTACTED}, True, True, BusinessStatus.CONTACTED),
        ({PartnerFact.ENDED}, True, False, None),
        (NO_FACTS, True, True, None),
    ],
)
def test_the_client_may_consent_to_tell_two_facts(
    facts: frozenset[PartnerFact], contacted: bool, ended: bool, told: BusinessStatus | None
) -> None:
    state = progress(S.IN_PROGRESS, contacted=contacted, ended=ended)
    seen = visible(ViewClass.RECEIPT_ONLY, state, facts)
    assert (seen.status, seen.business_status) == (S.REQUESTED, told)
    assert (seen.team, seen.contact_due_at) == (None, None)


@pytest.mark.parametrize("status", S)
def test_who_notified_without_consent_is_shown_one_of_four_words(status: ReferralStatus) -> None:
    seen = visible(ViewClass.STATUS_ONLY, progress(status), NO_FACTS)
    assert seen.status in {S.REQUESTED, S.ACCEPTED, S.COMPLETED, S.CANCELLED}
    assert (seen.business_status, seen.team, seen.contact_due_at) == (None, None, None)


@pytest.mark.parametrize("view", ViewClass)
def test_every_status_is_found_again_by_what_it_is_shown_as(view: ViewClass) -> None:
    by_filter = [inner for shown in S for inner in statuses_shown_as(view, shown)]
    assert sorted(by_filter) == sorted(S)
