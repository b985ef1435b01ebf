"""Events late, twice, out of order and corrected: the numbers are those of a clean run."""

import random
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.analytics.consumers import HANDLERS
from shared.contracts import EventData
from shared.contracts.caseload import CaseAssigned, CaseClientCorrected, CasePlaced
from shared.contracts.referral import (
    ReferralAmended,
    ReferralCancelled,
    ReferralEnteredInError,
    ReferralReceived,
)
from tests.integration.analytics.conftest import Service
from tests.integration.analytics.events import redirected, waitlisted
from tests.integration.analytics.test_margins import all_reports
from tests.support.deeper import examples
from tests.support.persons import Whoiswho
from tests.support.random_past import some_past


def some_events(chance: random.Random) -> list[EventData]:
    """A past, then its corrections: everything that the service learns of."""
    past = some_past(chance, 14)
    corrections: list[EventData] = []
    for event in past.events:
        if chance.random() < 0.4:
            corrections += corrections_of(event, chance)
    refs = sorted({case.client for case in past.cases})
    return [*past.events, *corrections, *who_is_whom(refs, chance)]


def corrections_of(event: EventData, chance: random.Random) -> list[EventData]:
    """What may be told of the same thing afterwards."""
    told = event.model_dump() | {"version": event.version + 40}
    if isinstance(event, ReferralReceived):
        changed = {"changed": ["urgency"], "urgency": "immediate", "age_group": "65-75"}
        decided = chance.choice([redirected, waitlisted])
        return [
            ReferralAmended.model_validate(told | changed | {"eviction_stage": "order"}),
            decided(event.aggregate_id, uuid4(), event.client_ref, 1),
            chance.choice([taken_back(told), disregarded(told)]),
        ]
    if isinstance(event, CaseAssigned):
        other = {"client_ref": uuid4(), "before": event.client_ref}
        return [CaseClientCorrected.model_validate(told | other)]
    if isinstance(event, CasePlaced):
        return [CasePlaced.model_validate(told | {"entered_in_error": chance.random() < 0.5})]
    return []


def taken_back(told: dict[str, Any]) -> EventData:
    return ReferralCancelled.model_validate(told | {"reason": "duplicate"})


def disregarded(told: dict[str, Any]) -> EventData:
    return ReferralEnteredInError.model_validate(told | {"reason": None})


def who_is_whom(refs: list[Any], chance: random.Random) -> list[EventData]:
    """Some refs are one person, for good or for a while."""
    history = Whoiswho()
    for _ in range(5):
        roots = [ref for ref in refs if ref not in history.links]
        linked, to = chance.sample(roots, 2) if len(roots) > 1 else (None, None)
        if linked is None or to is None:
            break
        chance.choice([history.link, history.merge])(linked, to)
        if linked not in history.final and chance.random() < 0.5:
            history.unlink(linked)
    return list(history.told)


@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=examples(4),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_late_repeated_reordered_and_corrected_events_give_the_same_reports(
    service: Service, seed: int
) -> None:
    chance = random.Random(seed)
    events = some_events(chance)
    clean = await all_reports(service, events)
    arriving = events + chance.sample(events, len(events) // 2)
    chance.shuffle(arriving)
    assert await all_reports(service, arriving) == clean


def test_the_stream_has_an_event_of_nearly_every_kind_that_is_learnt_of() -> None:
    told = {type(event) for seed in range(20) for event in some_events(random.Random(seed))}
    missing = {event.__name__ for event in HANDLERS.keys() - told}
    assert missing <= {"GapUpdated"}
