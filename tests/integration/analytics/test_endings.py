"""Endings: the cases that ended in the period, by why."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from shared.contracts import EventData
from tests.integration.analytics.conftest import Service
from tests.integration.analytics.events import TEAM, assigned, closed, imported
from tests.support.history import liitu

OPENED = datetime(2022, 3, 1, tzinfo=UTC)


def ended(reason: str, count: int = 1, **facts: Any) -> list[EventData]:
    """Cases that ended for this reason, ten days after they began."""
    events: list[EventData] = []
    for _ in range(count):
        case_id, client_ref = uuid4(), uuid4()
        events.append(assigned(case_id, client_ref, OPENED, **facts))
        shut = OPENED + timedelta(days=10)
        events.append(closed(case_id, client_ref, shut, reason=reason, **facts))
    return events


def row(reason: str, cases: int | None, share: float | None) -> dict[str, Any]:
    return {"closing_reason": reason, "cases": cases, "share": share}


async def test_cases_are_counted_by_the_reason_of_their_end(service: Service) -> None:
    await service.deliver([*ended("moved_away", 6), *ended("handed_over", 2)])
    await service.deliver([assigned(uuid4(), uuid4(), OPENED)])
    inside = await service.data("endings")
    assert inside["rows"] == [row("handed_over", 2, 0.25), row("moved_away", 6, 0.75)]
    outside = await service.data("endings", "reports:read")
    hidden = [row("handed_over", None, None), row("moved_away", None, None)]
    assert outside["rows"] == hidden, "of 6 cases and their share the other 2 would follow"


async def test_the_day_of_the_end_counts_and_filters_narrow(service: Service) -> None:
    other = uuid4()
    await service.deliver([*ended("deceased"), *ended("not_reached", team=other)])
    for query, reasons in (
        ({"team": str(TEAM)}, ["deceased"]),
        ({"team": str(other)}, ["not_reached"]),
        ({"county": "09"}, ["deceased", "not_reached"]),
        ({"county": "04"}, []),
        ({"from": "2022-03-11", "to": "2022-03-11"}, ["deceased", "not_reached"]),
        ({"to": "2022-03-10"}, []),
        ({"from": "2022-03-12"}, []),
    ):
        rows = (await service.data("endings", **query))["rows"]
        assert [found["closing_reason"] for found in rows] == reasons, query


async def test_liitus_year_has_eighty_nine_endings(service: Service) -> None:
    await service.deliver(imported(liitu(str(TEAM))))
    assert (await service.data("endings"))["rows"] == [row("handed_over", 89, 1.0)]
