"""What of a county's past is taken, in which days and ages, and under which pseudonyms."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.caseload import days
from services.caseload.imports.reading import Record, read
from services.caseload.imports.rules import Past, age_group, faults_of
from services.caseload.imports.schemas import PastCase
from services.caseload.imports.taking import client_refs
from services.caseload.imports.telling import History, history_of
from services.caseload.tables import Team
from shared.contracts.codes import AgeGroup
from shared.crypto import BlindIndex, parse_keys
from shared.ids import id_as_of
from shared.lines import Line
from tests.support.history import past_case
from tests.support.settings import INDEX_KEYS, KEYS

TEAM = str(uuid4())
OPENED, CLOSED = date(2021, 3, 1), date(2021, 6, 15)
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def read_json(case: dict[str, Any]) -> Record:
    record = read(Line(7, json.dumps(case).encode()))
    assert record is not None
    return record


def history(**changes: Any) -> History:
    past = PastCase.model_validate(past_case(TEAM, "1", **changes))
    team = Team(
        id=UUID(TEAM),
        name="Team",
        county="09",
        municipalities=[],
        target_groups=[],
        contact_policy={},
        guideline_caseload=18,
        meetings_per_worker_week=18,
        guidance_unit=False,
        service_days_target=90,
    )
    return history_of(past, team, uuid4())


def told_by(history: History) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of every event."""
    return [
        (dict(message.headers)["ce_type"][6:-3], json.loads(message.value))
        for message in history.messages(NOW)
    ]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"closed_on": "2021-02-28"}, "/closed_on", "closed_before_opened"),
        ({"closed_on": None}, "/closing_reason", "not_closed"),
        ({"birth_year": 2022}, "/birth_year", "born_after_opening"),
        ({"birth_year": 1066}, "/birth_year", "greater_than_equal"),
        ({"opened_on": str(days.LAST)}, "/opened_on", "in_the_future"),
        ({"opened_on": "1969-12-31"}, "/opened_on", "day_out_of_reach"),
        ({"opened_on": "1.3.2021"}, "/opened_on", "not_a_day"),
        ({"closed_on": str(days.today() + timedelta(days=1))}, "/closed_on", "in_the_future"),
        ({"municipality": "999"}, "/municipality", "municipality_unknown"),
        ({"source_kind": "neighbour"}, "/source_kind", "enum"),
        ({"external_id": None}, "/external_id", "missing"),
        ({"external_id": "010190-900P"}, "/external_id", "identifying_value"),
        ({"client_key": "010190-900P"}, "/client_key", "identifying_value"),
        ({"name": "Matti"}, "/name", "extra_forbidden"),
        (
            {"visits": [{"on": "2021-02-28", "status": "kept", "location": "home"}]},
            "/visits/0/on",
            "outside_the_case",
        ),
        (
            {"visits": [{"on": "2021-06-16", "status": "kept", "location": "home"}]},
            "/visits/0/on",
            "outside_the_case",
        ),
        ({"visits": [{"on": "2021-04-01", "status": "kept"}]}, "/visits/0/location", "missing"),
        (
            {
                "placements": [
                    {
                        "service_type": "supported",
                        "production": "own",
                        "channel": "mobile",
                        "from": "2021-04-02",
                        "to": "2021-04-01",
                    }
                ]
            },
            "/placements/0/to",
            "ends_before_start",
        ),
    ],
)
def test_what_cannot_have_been_is_refused(change: dict[str, Any], pointer: str, code: str) -> None:
    changed = past_case(TEAM, "1") | change
    record = read_json({name: value for name, value in changed.items() if value is not None})
    assert record.case is None
    assert [(error.pointer, error.code) for error in record.errors] == [(pointer, code)]


@pytest.mark.parametrize(
    "content", [b"no json", b"[]", b"7", b'{"external_id": ', b"\xff\xfe{}", b"[" * 5000, b'"x"']
)
def test_a_line_that_is_no_object_is_refused_as_a_whole(content: bytes) -> None:
    record = read(Line(1, content))
    assert record is not None
    assert [(error.pointer, error.code) for error in record.errors] == [("", "malformed_json")]


def test_a_blank_line_is_none_and_a_long_one_is_refused() -> None:
    assert read(Line(1, b" \t")) is None
    record = read(Line(2, None))
    assert record is not None
    assert record.errors[0].code == "line_too_long"


def test_a_case_may_be_opened_visited_and_closed_on_one_day() -> None:
    visit = {"on": "2021-03-01", "status": "kept", "location": "home"}
    assert read_json(past_case(TEAM, "1", closed_on="2021-03-01", visits=[visit])).case


@given(
    opened=st.dates(date(2014, 1, 1), date(2026, 1, 1)),
    lasts=st.none() | st.integers(-20, 400),
    after=st.lists(st.integers(-20, 420), max_size=5),
)
def test_days_agree_exactly_when_no_fault_is_found(
    opened: date, lasts: int | None, after: list[int]
) -> None:
    closed = None if lasts is None else opened + timedelta(days=lasts)
    visits = tuple(opened + timedelta(days=offset) for offset in after)
    past = Past(opened, closed, closed is not None, None, visits, ())
    agree = all(offset >= 0 and (lasts is None or offset <= lasts) for offset in after)
    assert (list(faults_of(past)) == []) == (agree and (lasts is None or lasts >= 0))


@pytest.mark.parametrize(
    ("year", "group"),
    [
        (None, AgeGroup.UNKNOWN),
        (2004, AgeGroup.UNDER_18),
        (2003, AgeGroup.FROM_18_TO_29),
        (1992, AgeGroup.FROM_18_TO_29),
        (1991, AgeGroup.FROM_30_TO_64),
        (1957, AgeGroup.FROM_30_TO_64),
        (1956, AgeGroup.FROM_65_TO_75),
        (1946, AgeGroup.FROM_65_TO_75),
        (1945, AgeGroup.OVER_75),
    ],
)
def test_the_age_group_is_that_of_the_year_of_opening(year: int | None, group: AgeGroup) -> None:
    assert age_group(year, OPENED) == group


def test_a_clients_pseudonym_is_stable_keyed_and_the_countys_own() -> None:
    index = BlindIndex(parse_keys(INDEX_KEYS))
    (ref,) = client_refs(index, "09", "a81f")
    assert client_refs(index, "09", "a81f") == [ref]
    assert client_refs(index, "10", "a81f") != [ref]
    assert client_refs(index, "09", "a81e") != [ref]
    assert client_refs(BlindIndex(parse_keys(KEYS)), "09", "a81f") != [ref]


def test_a_rotated_key_still_finds_the_pseudonym_of_the_older_one() -> None:
    (ref,) = client_refs(BlindIndex(parse_keys(INDEX_KEYS)), "09", "a81f")
    rotated = BlindIndex(parse_keys(f"{KEYS},{INDEX_KEYS}"))
    assert client_refs(rotated, "09", "a81f")[1:] == [ref]


def test_events_come_in_the_order_of_their_days_and_number_the_case_without_holes() -> None:
    told = history(
        visits=[
            {"on": "2021-05-01", "status": "cancelled", "location": "home"},
            {"on": "2021-03-01", "status": "kept", "location": "outside"},
        ],
        placements=[
            {
                "service_type": "communal",
                "production": "own",
                "channel": "on_site",
                "from": "2021-04-01",
                "to": "2021-05-02",
            }
        ],
    )
    messages = list(told.messages(NOW))
    facts = told_by(told)
    assert [(name, data["occurred_at"][:10]) for name, data in facts] == [
        ("case.assigned", "2021-03-01"),
        ("case.visit-booked", "2021-03-01"),
        ("case.visit-kept", "2021-03-01"),
        ("case.placed", "2021-04-01"),
        ("case.visit-booked", "2021-05-01"),
        ("case.visit-cancelled", "2021-05-01"),
        ("case.placement-ended", "2021-05-02"),
        ("case.closed", "2021-06-15"),
    ]
    of_case = [data for _, data in facts if data["aggregate_id"] == str(told.case_id)]
    assert [data["version"] for data in of_case] == [1, 2, 3, 4, 5, 6]
    assert told.version == told.case_row()["version"] == 6
    assert {message.key for message in messages} == {str(told.client_ref).encode()}
    assert all(UUID(dict(m.headers)["ce_id"]).version == 7 for m in messages)


def test_an_open_case_tells_at_once_what_would_have_been_given_instead() -> None:
    still_open = dict(told_by(history(closed_on=None, closing_reason=None)))
    assert still_open["case.assigned"]["alternative_service"] == "supported"
    assert still_open["case.assigned"]["source_kind"] == "prison"
    assert still_open["case.assigned"]["age_group"] == "30-64"
    closed = dict(told_by(history(closing_reason=None)))
    assert "alternative_service" not in closed["case.assigned"]
    assert closed["case.closed"]["alternative_service"] == "supported"
    assert closed["case.closed"]["reason"] == "other"


def test_the_id_of_a_past_case_sorts_by_the_day_of_its_opening() -> None:
    long_ago, lately = history(), history(opened_on="2021-03-02")
    assert long_ago.case_id.version == 7
    assert long_ago.case_id < lately.case_id < id_as_of(NOW)
