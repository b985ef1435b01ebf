"""Linked, merged, unlinked persons: what joins, what both show, and what an unlink gives back."""

import asyncio
import random
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from services.caseload.consumers import HANDLERS
from shared.contracts import EventData
from shared.contracts.consent import ConsentDenied, ConsentGiven, ConsentRefused
from shared.db import is_transient
from shared.ids import new_id
from shared.messages import Received
from tests.integration.caseload.acting import Hands
from tests.integration.caseload.conftest import Service, referral
from tests.support.deeper import examples
from tests.support.persons import Whoiswho


@pytest.fixture
def history() -> Whoiswho:
    """Who is whom."""
    return Whoiswho()


async def tell(service: Service, *events: EventData) -> None:
    """Gives events to the service's handlers, as its consumer would."""
    for data in events:
        async with service.database.sessions() as session, session.begin():
            received = Received(new_id(), "", data.occurred_at, None, data)
            await HANDLERS[type(data)](session, received)


async def found(service: Service, client_ref: UUID, path: str = "cases") -> list[dict[str, Any]]:
    """What is found under a ref, the oldest first."""
    query = {"client_ref": str(client_ref)}
    answer = await service.http.get(f"/v1/{path}", params=query, headers=service.admin())
    assert answer.status_code == 200, answer.text
    return sorted(answer.json()["items"], key=lambda item: str(item["id"]))


async def everything(service: Service, refs: Iterable[UUID]) -> list[Any]:
    """All that is shown of some refs."""
    return [await found(service, ref, path) for ref in refs for path in ("cases", "waitlist")]


async def told(service: Service, client_ref: UUID) -> list[str]:
    return [event.type.removeprefix("case.") for event in await service.events(client_ref)]


def codes(notices: list[dict[str, str]]) -> list[str]:
    return [each["code"] for each in notices]


async def test_referrals_of_a_linked_person_join_one_case_whichever_ref_they_come_under(
    service: Service, history: Whoiswho
) -> None:
    await service.worker(await service.team())
    one, other = uuid4(), uuid4()
    first = await service.take(referral(client_ref=one, source_kind="landlord"))
    await tell(service, history.link(one, other))
    second = await service.take(referral(client_ref=other))
    third = await service.take(referral(client_ref=one))
    (case,) = await found(service, other)
    assert case["client_ref"] == str(one), "what is under way goes on under its own ref"
    assert case["person"] == str(other)
    assert set(case["referral_ids"]) == {str(r.aggregate_id) for r in (first, second, third)}
    assert await found(service, one) == [case]
    assert await told(service, other) == []


async def test_two_cases_of_one_person_stay_and_show_each_other_until_they_are_unlinked(
    service: Service, history: Whoiswho
) -> None:
    team = await service.team()
    await service.worker(team)
    one, other = uuid4(), uuid4()
    for ref in (one, other):
        await service.take(referral(client_ref=ref))
    before = await everything(service, (one, other))
    await tell(service, history.link(one, other))
    mine, theirs = await found(service, other)
    assert (mine["client_ref"], theirs["client_ref"]) == (str(one), str(other))
    assert (mine["same_person_as"], theirs["same_person_as"]) == ([theirs["id"]], [mine["id"]])
    assert codes(mine["flags"]) == codes(theirs["flags"]) == ["contact_overdue", "same_person"]
    seen_by_lead = await service.http.get("/v1/cases", headers=service.lead(team))
    assert len(seen_by_lead.json()["items"]) == 2, "nothing is closed by itself"
    await tell(service, history.unlink(one))
    assert await everything(service, (one, other)) == before
    await tell(service, *history.told)
    assert await everything(service, (one, other)) == before, "late repeats change nothing"


async def test_another_teams_work_with_the_same_person_stays_out_of_sight(
    service: Service, history: Whoiswho
) -> None:
    one, other = uuid4(), uuid4()
    for ref, municipality in ((one, "398"), (other, "098")):
        await service.worker(await service.team(municipalities=[municipality]))
        await service.take(referral(client_ref=ref, municipality=municipality))
    await tell(service, history.link(one, other))
    for case in await found(service, one):
        assert (case["same_person_as"], case["person"]) == ([], str(other))
        answer = await service.http.get(
            "/v1/cases", params={"client_ref": str(one)}, headers=service.lead(case["team"])
        )
        assert [item["id"] for item in answer.json()["items"]] == [case["id"]]


async def test_a_person_with_a_case_and_a_place_joins_the_case(
    service: Service, history: Whoiswho
) -> None:
    await service.worker(await service.team(), capacity=1)
    one, other = uuid4(), uuid4()
    await service.take(referral(client_ref=one))
    await service.take(referral(client_ref=other))
    await tell(service, history.link(one, other))
    (place,) = await found(service, one, "waitlist")
    (case,) = await found(service, one)
    assert (place["same_person_as"], case["same_person_as"]) == ([case["id"]], [place["id"]])
    joined = await service.take(referral(client_ref=other))
    (case,) = await found(service, one)
    assert str(joined.aggregate_id) in case["referral_ids"], "it has workers"


async def test_nobody_comes_back_beside_an_open_case_under_another_of_their_refs(
    service: Service, history: Whoiswho
) -> None:
    await service.worker(await service.team())
    one, other = uuid4(), uuid4()
    data = await service.take(referral(client_ref=one))
    await service.close(await service.case_of(data))
    case = await service.case_of(data)
    await service.take(referral(client_ref=other))
    await tell(service, history.merge(one, other))
    hands = Hands(service, case["id"], case["etag"], service.admin())
    answer = await hands.act("return")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_what_the_unlinked_persons_referral_began_meanwhile_is_theirs_with_all_of_it(
    service: Service, history: Whoiswho
) -> None:
    await service.worker(await service.team())
    one, other = uuid4(), uuid4()
    await tell(service, history.link(one, other))
    data = await service.take(referral(client_ref=other))
    case = await service.case_of(data)
    body = {"case": case["id"], "service_type": "supported", "production": "own"}
    body |= {"channel": "mobile", "from": "2026-03-01"}
    placed = await service.http.post("/v1/placements", json=body, headers=service.admin())
    assert placed.status_code == 201, placed.text
    await tell(service, history.unlink(one, referral_ids=(data.aggregate_id,)))
    (theirs,) = await found(service, one)
    assert (theirs["id"], theirs["client_ref"]) == (case["id"], str(one))
    assert await found(service, other) == []
    assert [item["id"] for item in await found(service, one, "placements")] == [placed.json()["id"]]
    corrected, placement = await service.events(one)
    assert (corrected.type, corrected.data["before"]) == ("case.client-corrected", str(other))
    assert corrected.data["version"] == int(case["etag"].strip('"v')) + 1
    assert (placement.type, placement.data["client_ref"]) == ("case.placed", str(one))
    await service.take(referral(client_ref=other))
    assert len(await found(service, other)) == 1, "the other one begins anew"


async def test_a_referral_that_joined_the_other_ones_case_asks_anew_for_its_own_person(
    service: Service, history: Whoiswho
) -> None:
    await service.worker(await service.team())
    one, other = uuid4(), uuid4()
    kept = await service.take(referral(client_ref=other, urgency="routine"))
    before = await found(service, other)
    await tell(service, history.link(one, other))
    joined = await service.take(
        referral(client_ref=other, urgency="immediate", reasons=["mental_health"])
    )
    await tell(service, history.unlink(one, referral_ids=(joined.aggregate_id,)))
    (stays,) = await found(service, other)
    assert {**stays, "assessment_due_on": None, "flags": [], "statutory_basis": None} == {
        **before[0],
        "flags": [],
    }
    assert stays["referral_ids"] == [str(kept.aggregate_id)]
    (anew,) = await found(service, one)
    assert anew["referral_ids"] == [str(joined.aggregate_id)]
    assert (anew["urgency"], anew["client_ref"]) == ("immediate", str(one))
    assert await told(service, one) == ["referral-accepted", "assigned"]


async def test_the_other_ones_referral_leaves_the_case_of_the_unlinked_person_too(
    service: Service, history: Whoiswho
) -> None:
    await service.worker(await service.team(), capacity=1)
    one, other = uuid4(), uuid4()
    mine = await service.take(referral(client_ref=one))
    await tell(service, history.link(one, other))
    theirs = await service.take(referral(client_ref=other))
    await tell(service, history.unlink(one, referral_ids=(mine.aggregate_id,)))
    (case,) = await found(service, one)
    assert case["referral_ids"] == [str(mine.aggregate_id)]
    (place,) = await found(service, other, "waitlist")
    assert place["referral_ids"] == [str(theirs.aggregate_id)], "there is no room, so it waits"


async def test_a_referral_that_an_unlink_overtook_is_its_own_persons_all_the_same(
    service: Service, history: Whoiswho
) -> None:
    await service.worker(await service.team())
    one, other = uuid4(), uuid4()
    late = referral(client_ref=other)
    await tell(service, history.link(one, other))
    await tell(service, history.unlink(one, referral_ids=(late.aggregate_id,)))
    await service.take(late)
    assert [case["client_ref"] for case in await found(service, one)] == [str(one)]
    assert await found(service, other) == []


async def test_referrals_and_an_unlink_at_once_give_each_referral_to_its_own_person(
    service: Service, history: Whoiswho
) -> None:
    await service.worker(await service.team(), capacity=1)
    one, other = uuid4(), uuid4()
    sent = [referral(client_ref=other) for _ in range(12)]
    own = {data.aggregate_id: (one, other)[nth % 2] for nth, data in enumerate(sent)}
    named = tuple(sorted(key for key, whose in own.items() if whose == one))
    happens = [history.link(one, other), *sent, history.unlink(one, referral_ids=named)]
    random.Random(4).shuffle(happens)
    await asyncio.gather(*(until_done(service, data) for data in happens))
    await check(service, history, own)
    open_now = await service.rows(
        "SELECT client_ref FROM cases UNION ALL SELECT client_ref FROM waitlist"
    )
    assert sorted(row["client_ref"] for row in open_now) == sorted((one, other))


async def until_done(service: Service, data: EventData) -> None:
    """As the consumer does it: what the database undid is tried again."""
    for _ in range(20):
        try:
            return await tell(service, data)
        except DBAPIError as error:
            if not is_transient(error):
                raise
    raise AssertionError("never done")


async def test_a_place_in_line_is_given_back_as_it_was(service: Service, history: Whoiswho) -> None:
    await service.team()
    one, other = uuid4(), uuid4()
    await service.take(referral(client_ref=other, urgency="routine", reasons=["debt"]))
    before = await found(service, other, "waitlist")
    await tell(service, history.link(one, other))
    joined = await service.take(
        referral(
            client_ref=other,
            urgency="urgent",
            reasons=["release"],
            leaves_institution_on="2026-03-09",
        )
    )
    assert (await found(service, other, "waitlist"))[0]["reasons"] == ["debt", "release"]
    await tell(service, history.unlink(one, referral_ids=(joined.aggregate_id,)))
    assert [{**p, "rank": 1} for p in await found(service, other, "waitlist")] == before
    (anew,) = await found(service, one, "waitlist")
    assert (anew["reasons"], anew["urgency"]) == (["release"], "urgent")


async def test_a_consent_under_another_ref_answers_the_question_until_they_are_unlinked(
    service: Service, history: Whoiswho
) -> None:
    hands, one = await came_back(service)
    other = uuid4()
    await tell(service, history.link(one, other), consent(other))
    assert (await hands.see())["open_questions"] == []
    await tell(service, history.unlink(one))
    assert codes((await hands.see())["open_questions"]) == ["consent_to_be_asked"]
    await tell(service, history.link(one, other), consent(other), consent(one))
    await tell(service, history.unlink(one))
    assert (await hands.see())["open_questions"] == [], "they answered it themselves too"


@pytest.mark.parametrize("answer", [ConsentDenied, ConsentRefused])
async def test_a_client_who_forbids_or_says_no_has_answered_the_question_as_well(
    service: Service, answer: type[ConsentDenied | ConsentRefused]
) -> None:
    hands, client_ref = await came_back(service)
    now = datetime.now(UTC)
    said = {"aggregate_id": new_id(), "version": 1, "occurred_at": now, "client_ref": client_ref}
    when = {"refused_at": now} if answer is ConsentRefused else {}
    await tell(service, answer.model_validate(said | when))
    assert (await hands.see())["open_questions"] == []


async def came_back(service: Service) -> tuple[Hands, UUID]:
    """A client who came back and is to be asked what they consent to, and their ref."""
    await service.worker(await service.team())
    data = await service.take(referral(received_at=datetime.now(UTC)))
    await service.close(await service.case_of(data))
    case = await service.case_of(data)
    first = Hands(service, case["id"], case["etag"], service.admin())
    hands = Hands(service, (await first.do("return"))["id"], "", service.admin())
    assert codes((await hands.see())["open_questions"]) == ["consent_to_be_asked"]
    return hands, data.client_ref


def consent(client_ref: UUID) -> ConsentGiven:
    """Somebody consents."""
    now = datetime.now(UTC)
    return ConsentGiven(
        aggregate_id=new_id(),
        version=1,
        occurred_at=now,
        client_ref=client_ref,
        direction="social_to_health",
        valid_from=now,
    )


STEPS = st.lists(
    st.tuples(st.sampled_from(["refer", "refer", "link", "unlink", "close"]), st.integers(0, 99)),
    min_size=6,
    max_size=14,
)


@given(steps=STEPS, room=st.integers(0, 3))
@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_whatever_happens_meanwhile_each_referral_is_answered_once_and_by_its_own_person(
    service: Service, steps: list[tuple[str, int]], room: int
) -> None:
    if not await service.rows("SELECT 1 FROM workers"):
        await service.worker(await service.team())
    await service.execute("UPDATE workers SET capacity_points = $1", room)
    await service.execute("UPDATE cases SET status = 'closed', closed_at = now()")
    await service.execute("DELETE FROM waitlist")
    refs, history = sorted(uuid4() for _ in range(3)), Whoiswho()
    sent: dict[UUID, UUID] = {}
    for step, number in steps:
        ref = refs[number % 3]
        if step == "refer":
            data = await service.take(referral(client_ref=history.root(ref)))
            sent[data.aggregate_id] = ref
        elif step == "link":
            await link(service, history, ref, refs[(number + 1) % 3])
        elif step == "unlink" and history.links:
            await unlink(service, history, sorted(history.links)[number % len(history.links)], sent)
        elif step == "close":
            await service.execute(
                "UPDATE cases SET status = 'closed', closed_at = now() WHERE client_ref = $1", ref
            )

    for ref in sorted(history.links):
        await unlink(service, history, ref, sent)


async def unlink(service: Service, history: Whoiswho, ref: UUID, sent: dict[UUID, UUID]) -> None:
    named = (r for r, whose in sent.items() if whose == ref or is_below(history, whose, ref))
    await tell(service, history.unlink(ref, referral_ids=tuple(sorted(named))))
    await check(service, history, sent)


async def link(service: Service, history: Whoiswho, ref: UUID, other: UUID) -> None:
    if ref not in history.links and history.root(other) != ref:
        await tell(service, history.link(ref, history.root(other)))


def is_below(history: Whoiswho, ref: UUID, above: UUID) -> bool:
    while ref in history.links:
        ref = history.links[ref]
        if ref == above:
            return True
    return False


async def check(service: Service, history: Whoiswho, sent: dict[UUID, UUID]) -> None:
    rows = await service.rows(
        "SELECT r.referral_id, coalesce(c.client_ref, w.client_ref) AS ref, c.status "
        "FROM case_referrals r LEFT JOIN cases c ON c.id = r.case_id "
        "LEFT JOIN waitlist w ON w.id = r.case_id WHERE NOT r.again AND r.referral_id = ANY($1)",
        list(sent),
    )
    assert sorted(row["referral_id"] for row in rows) == sorted(sent), "each is answered once"
    for row in rows:
        if row["status"] != "closed":
            own = history.person(sent[row["referral_id"]])
            assert row["ref"] in own, "by what is their own"
