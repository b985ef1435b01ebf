"""Imported history counts as what was worked here, however its events arrive: LiiTu's year."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports import client_flow, referral_sources
from services.analytics.reports.report import Question
from services.analytics.reports.rules import bounds
from shared.contracts import EventData
from shared.contracts.caseload import CaseAssigned, CaseClosed
from tests.integration.analytics.conftest import Service, apply
from tests.integration.analytics.events import TEAM, assigned, imported
from tests.integration.analytics.test_client_flow import LIITU
from tests.integration.analytics.test_referral_sources import events_of, row
from tests.support.deeper import examples
from tests.support.history import FIRST, LAST, liitu, past_case

COUNTY = "04"
PAST = liitu(str(TEAM))
SOURCES = [
    row("adult_social_work", 21, 21, 0, 0, 0, 0.2),
    row("hospital_ward", 21, 21, 0, 0, 0, 0.2),
    row("landlord", 22, 22, 0, 0, 0, 0.2095),
    row("prison", 21, 21, 0, 0, 0, 0.2),
    row("self", 20, 20, 0, 0, 0, 0.1905),
]


async def test_imported_history_gives_liitus_figures_in_whatever_order_it_comes(
    service: Service,
) -> None:
    chance = random.Random(2022)
    events = imported(PAST)
    events += chance.sample(events, 100)
    chance.shuffle(events)
    await service.deliver(events)
    assert await service.data("client-flow") == LIITU
    assert (await service.data("referral-sources"))["rows"] == SOURCES


async def test_a_past_case_is_a_referral_of_the_day_it_was_opened(service: Service) -> None:
    await service.deliver(imported([past_case(str(TEAM), "1", opened_on="2021-12-31")]))
    expected = [row("prison", 1, 1, 0, 0, 0, 1.0)]
    for period, rows in (({}, []), ({"from": "2021-12-31", "to": "2021-12-31"}, expected)):
        assert (await service.data("referral-sources", **period))["rows"] == rows


async def test_what_was_referred_here_is_counted_once_beside_the_past(service: Service) -> None:
    past = past_case(str(TEAM), "1", opened_on="2022-02-01", closed_on="2022-03-01")
    await service.deliver([*imported([past]), *events_of("prison", "accepted")])
    await service.deliver([assigned(uuid4(), uuid4(), bounds(FIRST, FIRST)[0])])
    assert (await service.data("referral-sources"))["rows"] == [row("prison", 2, 2, 0, 0, 0, 1.0)]
    for query, referrals in (({"county": COUNTY}, 1), ({"county": "09"}, 1), ({"county": "06"}, 0)):
        rows = (await service.data("referral-sources", **query))["rows"]
        assert sum(found["referrals"] for found in rows) == referrals
    elsewhere = await service.data("referral-sources", team=str(UUID(int=1)))
    assert elsewhere["rows"] == []


async def test_what_the_past_tells_of_a_case_is_kept_for_every_report(service: Service) -> None:
    still_open = {"closed_on": None, "closing_reason": None, "alternative_service": "communal"}
    await service.deliver(imported([past_case(str(TEAM), "1", **still_open)]))
    [fact] = (await service.facts())["case_facts"]
    told = ("source_kind", "age_group", "status_at_opening", "alternative_at_opening")
    assert [fact[name] for name in told] == ["prison", "30-64", "support", "communal"]
    assert fact["alternative_service"] is None


async def reports(session: AsyncSession, events: list[EventData]) -> list[dict[str, Any]]:
    """Both reports over LiiTu's year after these events; nothing stays."""
    await apply(session, events)
    year = Question(*bounds(FIRST, LAST))
    found = [await report.compute(session, year) for report in (client_flow, referral_sources)]
    await session.rollback()
    return found


def told_again(event: EventData) -> EventData:
    """A newer version of an event of a case, which says otherwise."""
    later = {CaseAssigned: "opened_at", CaseClosed: "closed_at"}[type(event)]
    moved = {later: getattr(event, later) + timedelta(days=300), "version": event.version + 10}
    elsewhere = {"source_kind": "ngo"} if isinstance(event, CaseAssigned) else {}
    return event.model_copy(update=moved | elsewhere)


@given(
    past=st.lists(st.sampled_from(PAST), max_size=15, unique_by=lambda case: case["external_id"]),
    data=st.data(),
)
@settings(
    max_examples=examples(12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_late_repeated_and_reordered_events_change_no_report(
    service: Service, past: list[dict[str, Any]], data: st.DataObject
) -> None:
    events = imported(past)
    some = st.lists(st.sampled_from(events), max_size=8) if events else st.just([])
    events += map(told_again, data.draw(some))
    repeats = data.draw(some)
    async with service.database.sessions() as session:
        clean = await reports(session, events)
        assert await reports(session, data.draw(st.permutations(events + repeats))) == clean
