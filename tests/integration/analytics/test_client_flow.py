"""Client flow: LiiTu's margins come back, and any cases agree with counting by hand."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.analytics.reports import client_flow
from services.analytics.reports.report import Question
from tests.integration.analytics.conftest import Service, apply
from tests.integration.analytics.events import TEAM, assigned, closed
from tests.support.deeper import examples

LIITU = {
    "distinct_clients": 172,
    "new": 105,
    "earlier": 67,
    "new_ended": 46,
    "new_continuing": 59,
    "earlier_ended": 43,
    "earlier_continuing": 24,
    "ended": 89,
    "open_at_end": 83,
}
DAY = timedelta(days=1)
EPOCH = datetime(2022, 1, 1, tzinfo=UTC)
START, END = EPOCH + 10 * DAY, EPOCH + 20 * DAY

Case = tuple[UUID, datetime, datetime | None]


def liitu_cases(chance: random.Random) -> list[Any]:
    """Cases to LiiTu's margins; some clients come back within the year, some left before it."""
    first, last = datetime(2022, 1, 2, tzinfo=UTC), datetime(2022, 12, 30, tzinfo=UTC)

    def within(start: datetime, end: datetime) -> datetime:
        return start + chance.random() * (end - start)

    events = []
    groups = [(46, False, True), (59, False, False), (43, True, True), (24, True, False)]
    for count, earlier, ends in groups:
        for number in range(count):
            client_ref, case_id = uuid4(), uuid4()
            before = within(first - 900 * DAY, first - 5 * DAY)
            opened = before if earlier else within(first, last - 60 * DAY)
            events.append(assigned(case_id, client_ref, opened))
            if ends or number % 3 == 0:
                events.append(
                    closed(case_id, client_ref, within(max(opened, first), last - 30 * DAY))
                )
            if not ends and number % 3 == 0:
                events.append(assigned(uuid4(), client_ref, within(last - 30 * DAY, last)))
            if not ends and number % 3 == 1:
                events.append(closed(case_id, client_ref, last + (3 + number) * DAY))
    for _ in range(20):
        client_ref, case_id = uuid4(), uuid4()
        events.append(assigned(case_id, client_ref, first - 400 * DAY))
        events.append(closed(case_id, client_ref, first - 5 * DAY))
    return events


async def test_a_data_set_to_liitus_margins_gives_liitus_figures(service: Service) -> None:
    await service.deliver(liitu_cases(random.Random(2022)))
    assert await service.data("client-flow") == LIITU


async def test_shuffled_and_repeated_events_give_the_same_facts(service: Service) -> None:
    chance = random.Random(7)
    events = liitu_cases(chance)
    await service.deliver(events)
    before = await service.facts()
    repeated = events + chance.sample(events, 60)
    chance.shuffle(repeated)
    await service.deliver(repeated)
    assert await service.facts() == before
    assert await service.data("client-flow") == LIITU


async def test_a_case_counts_in_the_finnish_day_it_began_and_ended(service: Service) -> None:
    client_ref, case_id = uuid4(), uuid4()
    opened = datetime(2021, 12, 31, 22, 0, tzinfo=UTC)
    shut = datetime(2022, 12, 31, 22, 0, tzinfo=UTC)
    await service.deliver(
        [assigned(case_id, client_ref, opened), closed(case_id, client_ref, shut)]
    )
    year = await service.data("client-flow")
    assert (year["new"], year["open_at_end"]) == (1, 1)
    before = await service.data("client-flow", **{"from": "2021-01-01", "to": "2021-12-31"})
    assert before["distinct_clients"] == 0
    after = await service.data("client-flow", **{"from": "2023-01-01", "to": "2023-01-01"})
    assert (after["earlier"], after["ended"]) == (1, 1)


async def test_filters_narrow_to_a_team_and_a_county(service: Service) -> None:
    other = uuid4()
    opened = datetime(2022, 5, 1, tzinfo=UTC)
    await service.deliver(
        [
            assigned(uuid4(), uuid4(), opened),
            assigned(uuid4(), uuid4(), opened, team=other),
            assigned(uuid4(), uuid4(), opened, team=other, county="04"),
        ]
    )
    found = [
        (await service.data("client-flow", **query))["distinct_clients"]
        for query in ({}, {"team": str(TEAM)}, {"team": str(other)}, {"county": "04"})
    ]
    assert found == [3, 1, 2, 1]
    both = await service.data("client-flow", team=str(TEAM), county="04")
    assert both["distinct_clients"] == 0


async def test_a_case_only_waited_for_is_no_case_yet(service: Service) -> None:
    await service.deliver([closed(uuid4(), uuid4(), datetime(2022, 5, 1, tzinfo=UTC))])
    assert (await service.data("client-flow"))["distinct_clients"] == 0


def by_hand(cases: list[Case]) -> dict[str, int]:
    """The same figures by the words of the definition."""
    open_before: set[UUID] = set()
    open_after: set[UUID] = set()
    seen: set[UUID] = set()
    for client, opened, shut in cases:
        if opened < END and (shut is None or shut >= START):
            seen.add(client)
            if opened < START:
                open_before.add(client)
            if shut is None or shut >= END:
                open_after.add(client)
    new = seen - open_before
    return {
        "distinct_clients": len(seen),
        "new": len(new),
        "earlier": len(open_before),
        "new_ended": len(new - open_after),
        "new_continuing": len(new & open_after),
        "earlier_ended": len(open_before - open_after),
        "earlier_continuing": len(open_before & open_after),
        "ended": len(seen - open_after),
        "open_at_end": len(open_after),
    }


MOMENTS = st.integers(0, 30).map(lambda day: EPOCH + day * DAY)


@st.composite
def some_cases(draw: st.DrawFn) -> list[Case]:
    """Cases of a few clients, on whole days so that they often touch the period's ends."""
    clients = [uuid4() for _ in range(draw(st.integers(1, 6)))]
    cases = []
    for _ in range(draw(st.integers(0, 15))):
        opened, shut = draw(MOMENTS), draw(st.none() | MOMENTS)
        cases.append((draw(st.sampled_from(clients)), opened, shut and max(opened, shut)))
    return cases


@given(cases=some_cases(), data=st.data())
@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_any_cases_agree_with_counting_by_hand(
    service: Service, cases: list[Case], data: st.DataObject
) -> None:
    events = []
    for client, opened, shut in cases:
        case_id = uuid4()
        events.append(assigned(case_id, client, opened))
        events += [closed(case_id, client, shut)] if shut else []
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=5)) if events else []
    async with service.database.sessions() as session:
        await apply(session, data.draw(st.permutations(events + repeats)))
        found = await client_flow.compute(session, Question(START, END))
        await session.rollback()
    assert found == by_hand(cases)
