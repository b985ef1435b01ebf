"""What each kind of partner sees of its referral, as the work at the team goes on."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.referral.consumers import HANDLERS
from shared.contracts import EventData, case_life, caseload, consent
from shared.db import Database
from shared.ids import new_id
from shared.messages import Received
from tests.integration.referral.conftest import Service
from tests.support.bodies import IDENTITY_CODES, referral_body

TEAM, WORKER, CASE = uuid4(), uuid4(), uuid4()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


async def deliver(service: Service, *events: EventData) -> None:
    """Gives events to the service's handlers, as its consumer would."""
    database = Database(service.settings)
    for data in events:
        async with database.sessions() as session, session.begin():
            received = Received(new_id(), "", data.occurred_at, None, data)
            await HANDLERS[type(data)](session, received)
    await database.close()


async def case_of(service: Service, referral_id: str) -> dict[str, Any]:
    """The common fields of the events of the referral's case."""
    rows = await service.rows("SELECT client_ref FROM referrals WHERE id = $1", UUID(referral_id))
    return {
        "aggregate_id": CASE,
        "occurred_at": NOW,
        "client_ref": rows[0]["client_ref"],
        "referral_ids": (UUID(referral_id),),
        "team": TEAM,
    }


def accepted(case: dict[str, Any]) -> EventData:
    return caseload.ReferralAccepted(
        **case,
        version=1,
        referral_id=case["referral_ids"][0],
        contact_due_at=DUE,
        joined_open_case=False,
    )


def contacted(case: dict[str, Any]) -> EventData:
    return caseload.CaseContacted(
        **case, version=3, channel="phone", attempt=1, within_deadline=True
    )


def closed(case: dict[str, Any]) -> EventData:
    return caseload.CaseClosed(**case, version=4, reason="goals_attained", closed_at=NOW)


async def seen(service: Service, kind: str, referral_id: str) -> tuple[Any, Any, Any, Any]:
    """What the sender sees: status, business status, team, due."""
    answer = await service.http.get(f"/v1/referrals/{referral_id}", headers=service.sender(kind))
    body = answer.json()
    return body["status"], body["business_status"], body["team"], body["contact_due_at"]


async def walk(service: Service, kind: str, basis: str) -> list[tuple[Any, Any, Any, Any]]:
    """What a sender sees at each step of the work."""
    body = referral_body(lawful_basis=basis, no_consent_reason="Huoli")
    sent = (await service.post(kind, body)).json()["id"]
    case = await case_of(service, sent)
    views = [await seen(service, kind, sent)]
    for event in (accepted(case), contacted(case), closed(case)):
        await deliver(service, event)
        views.append(await seen(service, kind, sent))
    return views


async def test_an_authority_with_the_clients_consent_sees_how_the_work_goes(
    service: Service,
) -> None:
    due = DUE.isoformat().replace("+00:00", "Z")
    assert await walk(service, "hospital_ward", "consent") == [
        ("requested", None, None, None),
        ("accepted", None, str(TEAM), due),
        ("in-progress", "contacted", str(TEAM), due),
        ("completed", "ended", str(TEAM), due),
    ]


def life(case: dict[str, Any]) -> list[tuple[EventData, str]]:
    """The work after the first contact, and the word for each step of it."""
    handover = {"handover_id": uuid4(), "receiver_kind": "clinic", "service": "clinic"}
    other = {**handover, "handover_id": uuid4()}
    kept = {"days_between": 7, "tapering": False}
    joined = {"previous_case": case["aggregate_id"], "previous_closed_at": NOW}
    steps: list[tuple[type[caseload.CaseEvent], dict[str, Any], str]] = [
        (case_life.AssessmentStarted, {}, "assessment"),
        (case_life.CadenceChanged, kept | {"status": "assessment"}, "assessment"),
        (case_life.AssessmentCompleted, {}, "support"),
        (case_life.CadenceChanged, kept | {"status": "support"}, "support"),
        (case_life.HandoverProposed, handover | {"answer_due_at": DUE}, "handover_proposed"),
        (case_life.HandoverDeclined, handover | _ended("no_room", back=True), "support"),
        (case_life.HandoverProposed, handover | {"answer_due_at": DUE}, "handover_proposed"),
        (case_life.HandoverFailed, other | _ended("other", back=False), "handover_proposed"),
        (case_life.HandoverJointMeetingHeld, handover, "handover_accompanied"),
        (case_life.HandoverConfirmed, handover, "handover_confirmed"),
        (caseload.CaseClosed, {"reason": "handed_over", "closed_at": NOW}, "ended"),
    ]
    told: list[tuple[EventData, str]] = [
        (event(**case, version=nth, **facts), word)
        for nth, (event, facts, word) in enumerate(steps, start=4)
    ]
    again = case_life.CaseReturned(**case | {"aggregate_id": uuid4()}, version=1, **joined)
    return [*told, (again, "returned")]


def _ended(reason: str, *, back: bool) -> dict[str, Any]:
    return {"reason": reason, "back_to_support": back}


async def test_an_authority_with_consent_follows_the_whole_life_of_the_case(
    service: Service,
) -> None:
    sent = (await service.post("hospital_ward", referral_body())).json()["id"]
    case = await case_of(service, sent)
    await deliver(service, accepted(case), contacted(case))
    for event, word in life(case):
        await deliver(service, event)
        done = word in ("ended", "returned")
        status, business_status, *_ = await seen(service, "hospital_ward", sent)
        assert (status, business_status) == ("completed" if done else "in-progress", word)


async def test_nobody_else_sees_anything_of_it(service: Service) -> None:
    for kind, basis, ended in (
        ("landlord", "consent", "requested"),
        ("prison", "duty_to_notify", "completed"),
    ):
        body = referral_body(lawful_basis=basis, no_consent_reason="Huoli")
        sent = (await service.post(kind, body)).json()["id"]
        case = await case_of(service, sent)
        await deliver(service, accepted(case), contacted(case))
        before = await seen(service, kind, sent)
        for event, word in life(case):
            await deliver(service, event)
            expected = ended if word in ("ended", "returned") else before[0]
            assert await seen(service, kind, sent) == (expected, None, None, None)


async def test_an_authority_that_notified_without_consent_sees_the_status_alone(
    service: Service,
) -> None:
    assert await walk(service, "prison", "duty_to_notify") == [
        ("requested", None, None, None),
        ("accepted", None, None, None),
        ("accepted", None, None, None),
        ("completed", None, None, None),
    ]


@pytest.mark.parametrize("basis", ["consent", "private_notifier"])
async def test_a_landlord_sees_requested_for_ever(service: Service, basis: str) -> None:
    assert set(await walk(service, "landlord", basis)) == {("requested", None, None, None)}


async def test_a_landlord_sees_what_the_client_consented_to_tell_until_it_is_revoked(
    service: Service,
) -> None:
    sent = (await service.post("landlord", referral_body())).json()["id"]
    case = await case_of(service, sent)
    consent_of = {
        "aggregate_id": uuid4(),
        "occurred_at": NOW,
        "client_ref": case["client_ref"],
        "direction": "to_partner",
        "partner_id": UUID(service.partners["landlord"]),
    }
    given = consent.ConsentGiven(
        **consent_of, version=1, facts=("contacted",), valid_from=datetime(2026, 1, 1, tzinfo=UTC)
    )
    await deliver(service, accepted(case), given)
    assert await seen(service, "landlord", sent) == ("requested", None, None, None)
    await deliver(service, contacted(case))
    assert await seen(service, "landlord", sent) == ("requested", "contacted", None, None)
    await deliver(service, closed(case))
    assert await seen(service, "landlord", sent) == ("requested", "contacted", None, None)
    await deliver(service, consent.ConsentRevoked(**consent_of, version=2))
    assert await seen(service, "landlord", sent) == ("requested", None, None, None)


async def test_a_landlords_answers_have_the_same_shape_for_known_and_unknown_persons(
    service: Service,
) -> None:
    body = referral_body(client={"identity_code": IDENTITY_CODES[0]})
    known_already = (await service.post("hospital_ward", body)).json()["id"]
    case = await case_of(service, known_already)
    await deliver(service, accepted(case), contacted(case))
    known = await service.post("landlord", body)
    unknown = await service.post(
        "landlord", referral_body(client={"identity_code": IDENTITY_CODES[1]})
    )
    assert known.status_code == unknown.status_code
    assert known.headers.keys() == unknown.headers.keys()
    assert {k: len(str(v)) for k, v in known.json().items()} == {
        k: len(str(v)) for k, v in unknown.json().items()
    }
    later = [
        await service.http.get(sent.headers["location"], headers=service.sender("landlord"))
        for sent in (known, unknown)
    ]
    same = [
        {k: v for k, v in answer.json().items() if k not in ("id", "reference", "received_at")}
        for answer in later
    ]
    assert same[0] == same[1]


async def test_a_late_repeat_of_an_event_changes_nothing(service: Service) -> None:
    sent = (await service.post("hospital_ward", referral_body())).json()["id"]
    case = await case_of(service, sent)
    await deliver(service, accepted(case), contacted(case), accepted(case))
    assert (await seen(service, "hospital_ward", sent))[:2] == ("in-progress", "contacted")


async def test_a_filter_tells_no_more_than_the_view(service: Service) -> None:
    for kind in ("landlord", "hospital_ward"):
        sent = (await service.post(kind, referral_body())).json()["id"]
        await deliver(service, accepted(await case_of(service, sent)))
    counts = {}
    for kind in ("landlord", "hospital_ward"):
        for status in ("requested", "accepted"):
            answer = await service.http.get(
                f"/v1/referrals?status={status}", headers=service.sender(kind)
            )
            counts[kind, status] = len(answer.json()["items"])
    assert counts == {
        ("landlord", "requested"): 1,
        ("landlord", "accepted"): 0,
        ("hospital_ward", "requested"): 0,
        ("hospital_ward", "accepted"): 1,
    }


async def test_a_list_is_paged_without_gaps_or_repeats_while_rows_are_added(
    service: Service,
) -> None:
    expected = [(await service.post("prison", referral_body())).json()["id"] for _ in range(7)]
    found: list[str] = []
    cursor = None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = (
            await service.http.get("/v1/referrals", params=query, headers=service.sender("prison"))
        ).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
        await service.post("prison", referral_body())
        if cursor is None:
            break
    assert found == expected[::-1]


async def test_every_row_that_is_shown_is_logged(service: Service) -> None:
    for _ in range(3):
        await service.post("prison", referral_body())
    await service.http.get("/v1/referrals?limit=2", headers=service.sender("prison"))
    logged = await service.rows("SELECT * FROM audit WHERE action = 'referral.read'")
    assert len(logged) == 2
    assert {row["actor"] for row in logged} == {"prison"}
