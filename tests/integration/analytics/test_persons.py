"""Two refs that are linked or merged are one client in the reports, and two again when unlinked."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.analytics.reports import client_flow
from services.analytics.reports.report import Question
from shared.contracts.caseload import CaseClientCorrected
from tests.integration.analytics.conftest import Service, apply
from tests.integration.analytics.events import TEAM, assigned, closed
from tests.integration.analytics.test_client_flow import END, EPOCH, START, by_hand
from tests.support.deeper import examples
from tests.support.persons import Whoiswho, some_history

OPENED = datetime(2022, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
REFS = [uuid4() for _ in range(5)]


async def distinct(service: Service) -> int:
    return int((await service.data("client-flow"))["distinct_clients"])


def corrected(case_id: UUID, client_ref: UUID, before: UUID, version: int) -> CaseClientCorrected:
    return CaseClientCorrected(
        aggregate_id=case_id,
        version=version,
        occurred_at=OPENED + version * DAY,
        client_ref=client_ref,
        before=before,
        referral_ids=(),
        team=TEAM,
    )


async def test_a_linked_person_counts_once_and_twice_again_after_the_unlink(
    service: Service,
) -> None:
    one, other, history = uuid4(), uuid4(), Whoiswho()
    await service.deliver([assigned(uuid4(), one, OPENED), assigned(uuid4(), other, OPENED)])
    assert await distinct(service) == 2
    await service.deliver([history.link(one, other)])
    assert await distinct(service) == 1
    await service.deliver([history.unlink(one)])
    assert await distinct(service) == 2
    await service.deliver(history.told[:1])
    assert await distinct(service) == 2, "a late repeat of the link changes nothing"
    await service.deliver([history.merge(other, one)])
    assert await distinct(service) == 1


async def test_what_was_told_before_refs_had_a_version_counts_by_its_moment(
    service: Service,
) -> None:
    one, other, history = uuid4(), uuid4(), Whoiswho()
    await service.deliver([assigned(uuid4(), one, OPENED), assigned(uuid4(), other, OPENED)])
    old = [history.link(one, other), history.unlink(one)]
    linked, unlinked = (data.model_copy(update={"linked_version": None}) for data in old)
    await service.deliver([unlinked, linked])
    assert await distinct(service) == 2
    await service.deliver([history.link(one, other), unlinked])
    assert await distinct(service) == 1


async def test_a_person_who_came_under_one_ref_and_is_there_under_another_was_there_before(
    service: Service,
) -> None:
    one, other, past = uuid4(), uuid4(), uuid4()
    await service.deliver(
        [assigned(past, one, OPENED - 400 * DAY), closed(past, one, OPENED - 30 * DAY)]
    )
    await service.deliver([assigned(uuid4(), other, OPENED), Whoiswho().link(one, other)])
    flow = await service.data("client-flow")
    assert (flow["distinct_clients"], flow["earlier_continuing"], flow["new"]) == (1, 1, 0)


async def test_a_case_that_turned_out_to_be_somebody_elses_counts_as_theirs(
    service: Service,
) -> None:
    one, other, first, second = uuid4(), uuid4(), uuid4(), uuid4()
    events: list[Any] = [
        corrected(second, one, other, 6),
        closed(second, one, OPENED + 9 * DAY, version=7),
        assigned(first, one, OPENED),
        assigned(second, other, OPENED),
    ]
    await service.deliver(events)
    assert await distinct(service) == 1
    await service.deliver([corrected(second, other, one, 4), *events])
    assert await distinct(service) == 1, "an older word does not stand"


Cases = list[tuple[UUID, int, int | None]]
CASES = st.lists(
    st.tuples(st.sampled_from(REFS), st.integers(0, 30), st.none() | st.integers(0, 30)), max_size=8
)


@given(cases=CASES, history=some_history(REFS), data=st.data())
@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_in_any_order_and_repeated_the_figures_are_those_of_persons(
    service: Service, cases: Cases, history: Whoiswho, data: st.DataObject
) -> None:
    events: list[Any] = list(history.told)
    counted = []
    for ref, first, last in cases:
        case_id, opened = uuid4(), EPOCH + first * DAY
        shut = None if last is None else max(opened, EPOCH + last * DAY)
        events.append(assigned(case_id, ref, opened))
        events += [closed(case_id, ref, shut)] if shut else []
        counted.append((history.root(ref), opened, shut))
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=5)) if events else []
    async with service.database.sessions() as session:
        await apply(session, data.draw(st.permutations(events + repeats)))
        found = await client_flow.compute(session, Question(START, END))
        await session.rollback()
    assert found == by_hand(counted)
