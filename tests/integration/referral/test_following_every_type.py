"""What each type of event on the case topic means for the sender of a referral: one row a type.

The table names every published type: a new one fails here until somebody said what it means.
"""

from typing import Any
from uuid import uuid4

import pytest

from services.referral.consumers import HANDLERS
from shared.contracts import EVENTS, EventData, topic_of
from shared.contracts.topics import CASE
from tests.contract.test_contracts import GOLDEN
from tests.integration.referral.conftest import Service
from tests.integration.referral.test_following import accepted, case_of, contacted, deliver, seen
from tests.support.bodies import referral_body

NOTHING = None
"""The sender sees what it saw before."""

AT_WORK = {
    "reassigned": ("in-progress", "contacted"),
    "contact-attempted": ("in-progress", "contact_attempted"),
    "contacted": ("in-progress", "contacted"),
    "assessment-started": ("in-progress", "assessment"),
    "assessment-completed": ("in-progress", "support"),
    "cadence-changed": ("in-progress", "support"),
    "handover-proposed": ("in-progress", "handover_proposed"),
    "handover-joint-meeting-held": ("in-progress", "handover_accompanied"),
    "handover-confirmed": ("in-progress", "handover_confirmed"),
    "handover-declined": ("in-progress", "support"),
    "handover-failed": ("in-progress", "support"),
    "closed": ("completed", "ended"),
    "assigned": NOTHING,
    "handover-accepted": NOTHING,
    "handover-followed-up": NOTHING,
    "goal-set": NOTHING,
    "goal-attained": NOTHING,
    "goal-dropped": NOTHING,
    "motivation-recorded": NOTHING,
    "visit-booked": NOTHING,
    "visit-kept": NOTHING,
    "visit-cancelled": NOTHING,
    "housing-changed": NOTHING,
    "segment-changed": NOTHING,
    "contact-overdue": NOTHING,
    "assessment-overdue": NOTHING,
    "statutory-ground-recorded": NOTHING,
    "service-path-changed": NOTHING,
    "placed": NOTHING,
    "placement-ended": NOTHING,
    "client-corrected": NOTHING,
    "returned": NOTHING,
}
"""After the first contact, when the sender sees `in-progress`, `contacted`."""
JUST_SENT = {
    "referral-accepted": ("accepted", None),
    "waitlisted": ("on-hold", "waitlisted"),
    "redirected": ("requested", "redirected"),
}
"""Before anything was done."""


def short(event_type: str) -> str:
    return event_type.removeprefix("nopsa.case.").removesuffix(".v1")


def sample(event_type: str, case: dict[str, Any]) -> EventData:
    """The golden sample of a type, told of this case."""
    cls = EVENTS[event_type]
    text = (GOLDEN / f"{event_type}.json").read_text("utf-8")
    facts = cls.model_validate_json(text).model_dump(exclude_none=True)
    (referral_id,) = case["referral_ids"]
    about = {"referral_id": referral_id} if "referral_id" in facts else {}
    back = {"back_to_support": True} if "back_to_support" in facts else {}
    agreed = {"status": "support"} if short(event_type) == "cadence-changed" else {}
    return cls.model_validate(facts | case | about | back | agreed | {"version": 9})


async def test_every_type_means_for_the_sender_what_the_table_says(service: Service) -> None:
    table: dict[str, Any] = {**AT_WORK, **JUST_SENT}
    types = [name for name, cls in EVENTS.items() if topic_of(cls) == CASE]
    assert set(table) == set(map(short, types)), "say what the type means for the sender"
    for event_type in types:
        expected = table[short(event_type)]
        if expected is NOTHING and EVENTS[event_type] not in HANDLERS:
            continue
        sent = (await service.post("hospital_ward", referral_body())).json()["id"]
        case = await case_of(service, sent)
        if short(event_type) in AT_WORK:
            await deliver(service, accepted(case), contacted(case))
        before = await seen(service, "hospital_ward", sent)
        await deliver(service, sample(event_type, case))
        after = await seen(service, "hospital_ward", sent)
        assert after[:2] == (expected or before[:2]), event_type


async def test_a_case_in_other_hands_is_shown_at_its_new_team_to_whom_may_know(
    service: Service,
) -> None:
    for kind, basis, may_know in (
        ("hospital_ward", "consent", True),
        ("prison", "duty_to_notify", False),
        ("landlord", "consent", False),
    ):
        body = referral_body(lawful_basis=basis, no_consent_reason="Huoli")
        sent = (await service.post(kind, body)).json()["id"]
        case = await case_of(service, sent)
        await deliver(service, accepted(case), contacted(case))
        before = await seen(service, kind, sent)
        team = uuid4()
        await deliver(service, sample("nopsa.case.reassigned.v1", case | {"team": team}))
        after = await seen(service, kind, sent)
        assert after == ((*before[:2], str(team), before[3]) if may_know else before)


@pytest.mark.parametrize(
    ("event_type", "status", "business_status"),
    [
        ("nopsa.case.waitlisted.v1", "on-hold", "waitlisted"),
        ("nopsa.case.referral-accepted.v1", "accepted", "contacted"),
    ],
)
async def test_a_referral_whose_work_was_another_persons_begins_anew(
    service: Service, event_type: str, status: str, business_status: str
) -> None:
    sent = (await service.post("hospital_ward", referral_body())).json()["id"]
    case = await case_of(service, sent)
    await deliver(service, accepted(case), contacted(case))
    await deliver(service, sample(event_type, case | {"aggregate_id": uuid4()}))
    assert (await seen(service, "hospital_ward", sent))[:2] == (status, business_status)
