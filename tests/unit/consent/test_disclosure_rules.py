"""The chain of the disclosure log: what is whole is proven, what is not is found where it broke."""

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.consent.consents.rules import Form
from services.consent.decisions.asking import Purpose
from services.consent.decisions.rules import Basis
from services.consent.disclosures import rules
from services.consent.disclosures.acts import Act, Kind, act_of, kind_of
from services.consent.disclosures.rules import (
    BEGINNING,
    FIELDS,
    Broken,
    Fault,
    Line,
    Mark,
    Row,
    chained,
)
from services.consent.disclosures.wording import ACTS, BASES, CLASSES, KINDS, PURPOSES
from services.consent.documents.permission import OWN_RECORD
from services.consent.documents.rules import Outcome
from shared.contracts.codes import DisclosedClass, LawfulBasis
from shared.contracts.disclosure import class_of

VALUES = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.uuids(),
    st.integers(0, 2**53),
    st.datetimes(timezones=st.just(UTC)),
)
ROWS = st.lists(st.dictionaries(st.sampled_from(FIELDS[1:]), VALUES), min_size=1, max_size=12)


def log_of(contents: list[Row]) -> list[Line]:
    """The lines of a log with these contents."""
    lines, behind = [], BEGINNING.hash
    for number, content in enumerate(contents, 1):
        row = {**content, "number": number}
        behind = chained(behind, row)
        lines.append(Line(number, row, behind))
    return lines


def head_of(lines: list[Line]) -> Mark:
    return Mark(lines[-1].number, lines[-1].hash)


def proof(
    lines: list[Line], head: Mark, known: list[Mark], start: Mark = BEGINNING
) -> Broken | None:
    """The whole proof, as over a database that holds these lines."""
    last = max((line.number for line in lines), default=0)
    rest = [line for line in lines if start.rows < line.number <= head.rows]
    reached, broken = rules.walk(start, rest, [head, *known])
    return broken or rules.end_fault(reached, last, head, known)


@given(ROWS, st.data())
def test_a_log_as_it_was_written_is_whole_from_every_mark(
    contents: list[Row], data: st.DataObject
) -> None:
    lines = log_of(contents)
    marks = [BEGINNING, *(Mark(line.number, line.hash) for line in lines)]
    start = data.draw(st.sampled_from(marks))
    known = [mark for mark in data.draw(st.lists(st.sampled_from(marks))) if mark.rows > start.rows]
    assert proof(lines, head_of(lines), known, start) is None


@given(ROWS, st.data(), st.sampled_from(FIELDS[1:]), VALUES)
def test_a_row_that_says_something_else_is_found(
    contents: list[Row], data: st.DataObject, name: str, value: rules.Value
) -> None:
    lines = log_of(contents)
    at = data.draw(st.integers(0, len(lines) - 1))
    changed = {**lines[at].row, name: value}
    lines[at] = Line(lines[at].number, changed, lines[at].hash)
    same = rules.canonical(changed) == rules.canonical({**contents[at], "number": at + 1})
    assert proof(lines, head_of(lines), []) == (None if same else Broken(at + 1, Fault.CHANGED))


@given(ROWS, st.data())
def test_a_row_that_is_gone_is_found_in_the_middle_and_at_the_end(
    contents: list[Row], data: st.DataObject
) -> None:
    lines = log_of(contents)
    head = head_of(lines)
    at = data.draw(st.integers(0, len(lines) - 1))
    gone = lines.pop(at)
    fault = Fault.TRUNCATED if at == len(lines) else Fault.MISSING
    assert proof(lines, head, []) == Broken(gone.number, fault)


@given(ROWS.filter(lambda rows: len(rows) > 1), st.data())
def test_rows_that_changed_places_are_found(contents: list[Row], data: st.DataObject) -> None:
    lines = log_of(contents)
    at = data.draw(st.integers(0, len(lines) - 2))
    one, other = lines[at], lines[at + 1]
    lines[at] = Line(one.number, {**other.row, "number": one.number}, other.hash)
    lines[at + 1] = Line(other.number, {**one.row, "number": other.number}, one.hash)
    broken = proof(lines, head_of(log_of(contents)), [])
    assert broken is not None
    assert broken.number == at + 1


@given(ROWS, st.data())
def test_a_log_that_was_made_anew_holds_no_mark_behind_the_change(
    contents: list[Row], data: st.DataObject
) -> None:
    lines = log_of(contents)
    at = data.draw(st.integers(0, len(lines) - 1))
    mark = data.draw(st.sampled_from([Mark(line.number, line.hash) for line in lines]))
    other = log_of([*contents[:at], {"actor": "somebody else", "org": "!"}, *contents[at + 1 :]])
    found = proof(other, head_of(other), [mark])
    same = other[mark.rows - 1].hash == mark.hash
    assert found == (None if same else Broken(mark.rows, Fault.REWRITTEN))
    assert same == (mark.rows <= at or other == lines)


def test_the_start_of_a_walk_is_looked_at_too() -> None:
    mark = Mark(5, b"h")
    assert rules.start_fault(BEGINNING, None, 0) is None
    assert rules.start_fault(mark, b"h", 9) is None
    assert rules.start_fault(mark, b"x", 9) == Broken(5, Fault.REWRITTEN)
    assert rules.start_fault(mark, None, 9) == Broken(5, Fault.MISSING)
    assert rules.start_fault(mark, None, 3) == Broken(4, Fault.TRUNCATED)


def test_the_canonical_form_is_the_one_that_is_described() -> None:
    """Whoever checks the log with another program needs this form to stay for ever."""
    helsinki = timezone(timedelta(hours=2))
    row: Row = {
        "number": 1,
        "id": UUID("019A9F3E-7C1A-7D30-A3D4-6F2F0A5D2B31"),
        "occurred_at": datetime(2026, 11, 23, 9, 15, tzinfo=helsinki),
        "actor": "työ",
        "org": None,
    }
    canonical = (
        b'{"actor":"ty\\u00f6","id":"019a9f3e-7c1a-7d30-a3d4-6f2f0a5d2b31","number":1,'
        b'"occurred_at":"2026-11-23T07:15:00.000000Z","org":null}'
    )
    assert rules.canonical(row) == canonical
    genesis = sha256(b"nopsa disclosure log v1").digest()
    assert chained(BEGINNING.hash, row) == sha256(genesis + canonical).digest()


def test_everything_that_the_services_know_has_words_in_all_languages() -> None:
    assert set(KINDS) == set(Kind)
    assert set(ACTS) == set(Act)
    assert set(CLASSES) == set(DisclosedClass)
    assert set(PURPOSES) >= set(Purpose)
    assert set(BASES) >= {*LawfulBasis, *Form, *Basis, *Outcome, OWN_RECORD}
    every = [*KINDS.values(), *ACTS.values(), *CLASSES.values()]
    every += [*PURPOSES.values(), *BASES.values()]
    assert all(text.strip() for words in every for text in words)


def test_an_action_says_what_was_done_with_what() -> None:
    assert (act_of("case.read"), class_of("case.read")) == (Act.READ, DisclosedClass.CASE)
    assert (act_of("client.review"), class_of("client.review")) == (
        Act.READ,
        DisclosedClass.IDENTITY,
    )
    assert (act_of("referral.notify"), class_of("referral.notify")) == (
        Act.SENT,
        DisclosedClass.REFERRAL,
    )
    assert (act_of("decision.made"), class_of("decision.made")) == (
        Act.DECIDED,
        DisclosedClass.CONSENT,
    )
    assert (act_of("client.erase"), class_of("visit.book")) == (Act.ERASED, DisclosedClass.CASE)
    assert (act_of("new.thing"), class_of("new.thing")) == (Act.CHANGED, DisclosedClass.OTHER)


def kind(**changes: str | None) -> Kind:
    values: dict[str, str | None] = {"org": "o", "worker": None}
    told = {"service": "caseload", "action": "case.read", "actor": "lead"}
    return kind_of(**(values | told | changes))  # type: ignore[arg-type]


def test_who_acted_is_told_as_far_as_the_log_knows() -> None:
    assert kind(worker="w") == Kind.WORKER
    assert kind(actor="nopsa-caseload", org=None) == Kind.SYSTEM
    assert kind(actor="webhook-sender") == Kind.SYSTEM
    assert kind(org=None) == Kind.OTHER
    assert kind(org="health") == Kind.RECORD_SYSTEM
    assert kind(service="referral", action="referral.read") == Kind.PARTNER
    assert kind(service="referral", action="client.read") == Kind.ORGANISATION
