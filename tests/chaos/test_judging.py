"""The judge finds whatever is missing, doubled or half done; else the table would prove nothing."""

from dataclasses import replace

import pytest

from tests.chaos.judging import Kept, Seen, Sent, Verdict, judge

KEPT = Kept("r1", "k1", "c1", "accepted")
SENT = Sent("k1", [201], {"r1"})
WHOLE = Seen(
    kept=[KEPT],
    places={"c1": 1},
    reported={"020": (1, 1)},
    documents={"d1": ("stored_in_both", 1, 1)},
)


def verdict(seen: Seen, *sent: Sent) -> Verdict:
    return judge(sent or [SENT], ["d1"], seen)


def test_a_house_where_everything_is_whole_is_clean() -> None:
    assert verdict(WHOLE).clean
    assert str(verdict(WHOLE)) == "nothing wrong"


PARTS = {
    "told": [replace(KEPT, told=times) for times in (0, 2)],
    "audited": [replace(KEPT, audited=times) for times in (0, 2)],
    "decided": [replace(KEPT, decided=times) for times in (0, 2)],
    "placed": [replace(KEPT, placed=times) for times in (0, 2)],
    "counted": [replace(KEPT, counted=times) for times in (0, 2)],
}


@pytest.mark.parametrize("what", PARTS)
def test_a_referral_without_one_of_its_parts_is_lost_and_with_two_doubled(what: str) -> None:
    none, two = (replace(WHOLE, kept=[kept]) for kept in PARTS[what])
    assert verdict(none).lost == [f"r1 is not {what}"]
    assert verdict(two).doubled == [f"r1 is {what} 2 times"]


def test_accepted_and_not_there_is_lost() -> None:
    assert verdict(WHOLE, SENT, Sent("k2", [None, 201], {"r2"})).lost


def test_two_receipts_two_rows_or_two_places_are_doubled() -> None:
    assert verdict(WHOLE, Sent("k1", [201, 201], {"r1", "r2"})).doubled
    assert verdict(replace(WHOLE, kept=[KEPT, replace(KEPT, referral_id="r2")])).doubled
    assert verdict(replace(WHOLE, places={"c1": 2})).doubled


def test_the_report_must_count_what_there_is() -> None:
    assert verdict(replace(WHOLE, reported={"020": (2, 1)})).lost
    assert verdict(replace(WHOLE, reported={"020": (1, 2)})).doubled


def test_unanswered_may_be_kept_or_not_but_refused_must_leave_nothing() -> None:
    assert verdict(WHOLE, Sent("k1", [None])).clean
    assert verdict(WHOLE, SENT, Sent("k2", [503, None])).clean
    assert verdict(WHOLE, Sent("k1", [422])).wrong


@pytest.mark.parametrize(
    ("state", "social", "health"),
    [("half_stored", 1, 0), ("stored_in_both", 1, 0), ("stored", 1, 1)],
)
def test_a_document_that_is_not_in_both_records_is_lost(
    state: str, social: int, health: int
) -> None:
    assert verdict(replace(WHOLE, documents={"d1": (state, social, health)})).lost
    assert verdict(replace(WHOLE, documents={})).lost


@pytest.mark.parametrize("rest", ["waiting_events", "dead_letters", "out_of_order", "never_sent"])
def test_what_is_left_behind_or_out_of_order_is_wrong(rest: str) -> None:
    assert verdict(replace(WHOLE, **{rest: 1})).wrong  # type: ignore[arg-type]


def test_a_lost_trace_and_a_status_that_stood_still_are_wrong() -> None:
    assert verdict(replace(WHOLE, kept=[replace(KEPT, traced=False)])).wrong
    assert verdict(replace(WHOLE, kept=[replace(KEPT, status="requested")])).wrong
