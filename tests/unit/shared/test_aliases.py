"""Who is whom, read from the links there are."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from shared.aliases import Persons
from tests.support.persons import Whoiswho, some_history

REFS = [UUID(int=number) for number in range(1, 7)]
A, B, C, D = REFS[:4]


def test_a_ref_without_links_is_a_person_of_its_own() -> None:
    alone = uuid4()
    assert Persons().refs(alone) == {alone}
    assert Persons().primary(alone) == alone


def test_a_chain_is_one_person_kept_under_its_end() -> None:
    persons = Persons({A: B, B: C, D: C})
    assert persons.refs(B) == {A, B, C, D}
    assert {persons.primary(ref) for ref in (A, B, C, D)} == {C}


def test_a_circle_of_events_that_overtook_each_other_is_one_person_all_the_same() -> None:
    persons = Persons({A: B, B: A, C: A})
    assert persons.refs(C) == {A, B, C}
    assert {persons.primary(ref) for ref in (A, B, C)} == {A}


@given(history=some_history(REFS), ref=st.sampled_from(REFS))
def test_whatever_was_linked_and_unlinked_before(history: Whoiswho, ref: UUID) -> None:
    persons = Persons(history.links)
    assert persons.refs(ref) == history.person(ref)
    assert persons.primary(ref) == history.root(ref)
