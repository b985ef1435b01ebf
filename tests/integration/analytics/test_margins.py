"""Data sets to any margins: every report says what counting by hand says."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.analytics.reports.catalogue import REPORTS, ReportName
from services.analytics.reports.report import Question
from tests.integration.analytics import by_hand, by_hand_life
from tests.integration.analytics.conftest import Service, apply
from tests.support.deeper import examples
from tests.support.past import Past
from tests.support.random_past import some_past

QUESTION = Question(by_hand.START, by_hand.END, on=by_hand.ON, split_on=by_hand.SPLIT)


def about(expected: Any) -> Any:
    """The same figures; rounding may differ where a value lies in the middle."""
    if isinstance(expected, float):
        return pytest.approx(expected, abs=0.11 if expected > 1 else 0.0001)
    if isinstance(expected, dict):
        return {name: about(value) for name, value in expected.items()}
    return [about(each) for each in expected] if isinstance(expected, list) else expected


def check(found: dict[str, Any], past: Past) -> None:
    """Compares every report with what was counted by hand."""
    for name, count in (
        ("durations", by_hand.durations),
        ("contact-times", by_hand.contact_times),
        ("visits", by_hand.visits),
        ("handovers", by_hand_life.handovers),
        ("goals", by_hand_life.goals),
        ("multi-service", by_hand_life.multi_service),
    ):
        assert found[name] == about(count(past)), name
    for name, keys, values, counted in (
        ("service-ladder", ("service_type", "production"), ("clients",), by_hand.service_ladder),
        ("counterfactual-cost", ("alternative_service",), ("clients",), by_hand.counterfactual),
        ("segments", ("support_need", "complexity"), ("clients",), by_hand_life.segments),
        ("age-groups", ("age_group",), ("clients",), by_hand.age_groups),
        ("mobile-share", ("unit", "year"), ("kept", "mobile"), by_hand.mobile_share),
        ("service-gaps", ("type", "service"), ("reported", "open"), by_hand_life.service_gaps),
        ("housing-outcomes", ("from", "to"), ("clients",), by_hand_life.housing_moves),
        (
            "consents",
            ("direction",),
            ("given", "revoked", "in_force", "denied"),
            by_hand_life.consents,
        ),
        (
            "throughput",
            ("week", "team"),
            ("open_cases", "kept_visits", "mean_days_between_visits"),
            by_hand.throughput,
        ),
    ):
        rows = table(found[name]["rows"], keys, values)
        assert rows == about({key: n for key, n in counted(past).items() if n}), name
    evictions = found["housing-outcomes"]
    threatened, averted = by_hand_life.evictions(past)
    assert (evictions["evictions_threatened"], evictions["evictions_averted"]) == (
        threatened,
        averted,
    )
    changes = [row["cases"] for row in found["motivation"]["rows"]]
    assert changes == by_hand_life.motivation(past)


def table(rows: list[dict[str, Any]], keys: tuple[str, ...], values: tuple[str, ...]) -> Any:
    """Values by key, both as they are when there is one alone; without rows of nothing."""

    def of(row: dict[str, Any], names: tuple[str, ...]) -> Any:
        picked = tuple(row[name] for name in names)
        return picked if len(picked) > 1 else picked[0]

    return {of(row, keys): of(row, values) for row in rows if any(row[name] for name in values)}


async def all_reports(service: Service, events: Any) -> dict[str, Any]:
    """Every report after these events; nothing stays."""
    async with service.database.sessions() as session:
        await apply(session, events)
        found = {str(name): await REPORTS[name].compute(session, QUESTION) for name in ReportName}
        await session.rollback()
    return found


@given(seed=st.integers(0, 2**32), cases=st.integers(0, 30))
@settings(
    max_examples=examples(5),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_any_past_gives_what_is_counted_by_hand(
    service: Service, seed: int, cases: int
) -> None:
    past = some_past(random.Random(seed), cases)
    check(await all_reports(service, past.events), past)
