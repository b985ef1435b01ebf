"""Lines of a file are taken several at a time, and each as if it had been posted by itself."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.referral.clients.reviewing import MOST_CANDIDATES
from services.referral.imports.processing import BATCH_LINES
from services.referral.imports.reading import RECORDED_LINES
from tests.integration.referral.conftest import Service
from tests.integration.referral.test_agreements import agree
from tests.integration.referral.test_imports import (
    PATH,
    assert_each_once,
    finished,
    read,
    refusals,
    results,
    run_import,
    send,
)
from tests.integration.referral.test_persons import review
from tests.support.bodies import IDENTITY_CODES, made_up_codes, new_key, referral_body
from tests.support.house import eventually
from tests.support.imports import importing, ndjson, numbered
from tests.support.statements import statements

SHELTER = "+358 45 111 2233"
MOST_BATCHES_WAITED = 5
"""Batches that may pass while one referral is posted and the counts before and after are read: it
waits for a lock through two at most, the rest are a busy machine's."""


def nameless(nth: int, **client: Any) -> dict[str, Any]:
    """A referral of a person who is like nobody else, but for what is told."""
    unknown = {"given_name": None, "family_name": None, "phone": None, "whereabouts": f"Yard {nth}"}
    return referral_body(external_id=f"N-{nth}", client=unknown | client)


async def test_a_line_that_the_database_refuses_is_set_aside_alone(service: Service) -> None:
    await service.rows(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'no'; END $$"
    )
    await service.rows(
        "CREATE TRIGGER refuse BEFORE INSERT ON referrals FOR EACH ROW "
        "WHEN (NEW.external_id = 'B-3') EXECUTE FUNCTION refuse()"
    )
    job, found = await run_import(service, ndjson(numbered(5)))
    assert job["counts"] == {"lines": 5, "accepted": 4, "duplicates": 0, "refused": 1}
    assert refusals(found) == {3: [("", "internal_error")]}
    await assert_each_once(service, 4)


async def test_lines_of_one_id_are_taken_in_their_order(service: Service) -> None:
    bodies = [nameless(1), nameless(2), nameless(1), nameless(1) | {"urgency": "routine"}]
    with statements() as asked:
        job, found = await run_import(service, ndjson(bodies))
    assert job["counts"] == {"lines": 4, "accepted": 2, "duplicates": 1, "refused": 1}
    assert refusals(found) == {4: [("", "external_id_conflict")]}
    assert found[2]["referral_id"] == found[0]["referral_id"]
    takings = [one for one in asked if one.startswith("INSERT INTO referrals")]
    assert len(takings) == 1, "no line failed on its way in"


async def test_lines_of_one_person_are_taken_in_their_order(service: Service) -> None:
    coded = {"identity_code": IDENTITY_CODES[0]}
    bodies = [
        nameless(1, **coded, given_name="Eero"),
        nameless(2, **coded, phone="+358401112222"),
        nameless(3),
        nameless(4, **coded, phone="+358403334444"),
    ]
    job, _ = await run_import(service, ndjson(bodies))
    assert job["counts"]["accepted"] == 4
    refs = [row[0] for row in await service.rows("SELECT client_ref FROM referrals ORDER BY id")]
    assert refs[0] == refs[1] == refs[3] != refs[2]
    (known,) = await service.rows("SELECT * FROM clients WHERE identity_index IS NOT NULL")
    cipher = service.settings.cipher()
    identity = cipher.decrypt_json(known["identity_sealed"], f"clients/{refs[0]}")
    assert (identity["given_name"], identity["phone"]) == ("Eero", "+358403334444")
    numbers = await service.rows("SELECT 1 FROM client_keys WHERE purpose = 'phone'")
    assert len(numbers) == 2, "the person is still found by the number before"


async def test_persons_of_one_file_who_may_be_one_are_found_for_review(service: Service) -> None:
    bodies = [nameless(1, phone=SHELTER), nameless(2), nameless(3, phone=SHELTER)]
    await service.post("prison", nameless(4, phone=SHELTER))
    await run_import(service, ndjson(bodies))
    sharing = await service.rows(
        "SELECT client_ref FROM referrals WHERE external_id <> 'N-2' ORDER BY client_ref"
    )
    one, two, three = (str(row[0]) for row in sharing)
    pairs = sorted(pair["clients"] for pair in await review(service))
    assert pairs == sorted([[one, two], [one, three], [two, three]])


async def test_a_known_person_is_found_by_what_was_told_of_them_before_the_file_told_more(
    service: Service,
) -> None:
    coded = {"identity_code": IDENTITY_CODES[0]}
    await service.post("prison", nameless(1, **coded, phone=SHELTER))
    await run_import(
        service,
        ndjson([nameless(2, phone=SHELTER), nameless(3, **coded, phone="+358409998888")]),
    )
    assert [pair["agree"] for pair in await review(service)] == [["phone"]]


async def test_of_many_who_share_a_number_those_alike_and_the_newest_are_found(
    service: Service,
) -> None:
    eero = {"given_name": "Eero", "family_name": "Oja", "birth_date": "1980-02-03"}
    bodies = [nameless(0, phone=SHELTER, **eero)]
    bodies += [nameless(n, phone=SHELTER) for n in range(1, 2 * MOST_CANDIDATES)]
    await run_import(service, ndjson(bodies))
    await service.post("prison", nameless(99, phone=SHELTER, **eero))
    refs = [row[0] for row in await service.rows("SELECT client_ref FROM referrals ORDER BY id")]
    rows = await service.rows(
        "SELECT client_a FROM possible_matches WHERE client_b = $1 ORDER BY client_a", refs[-1]
    )
    newest = refs[-MOST_CANDIDATES:-1]
    assert [row["client_a"] for row in rows] == [refs[0], *newest]


async def test_the_quota_is_counted_line_by_line(service: Service) -> None:
    await agree(service, "prison", max_referrals_per_week=3, target_groups=["homelessness"])
    bodies = [nameless(n) for n in range(6)]
    bodies[1]["reasons"] = ["debt"]
    await run_import(service, ndjson(bodies))
    rows = await service.rows("SELECT redirect_reason, version FROM referrals ORDER BY id")
    assert [row["redirect_reason"] for row in rows] == [
        None, "outside_agreement", None, None, "over_quota", "over_quota",
    ]  # fmt: skip
    assert [row["version"] for row in rows] == [1, 2, 1, 1, 2, 2]


async def test_the_lines_of_a_suspended_partner_are_refused_and_the_bad_ones_for_their_own_reason(
    service: Service,
) -> None:
    answer = await send(service, ndjson([nameless(1), nameless(2) | {"urgency": "soon"}]))
    await service.rows("UPDATE partners SET suspended = true WHERE kind = 'prison'")
    async with importing(service.settings):
        await asyncio.sleep(0.5)
    await service.rows("UPDATE partners SET suspended = false WHERE kind = 'prison'")
    found = await results(service, await finished(service, answer.json()))
    assert refusals(found) == {1: [("", "partner_suspended")], 2: [("/urgency", "enum")]}


async def test_each_line_has_a_trace_of_its_own(service: Service) -> None:
    await run_import(service, ndjson(numbered(3)))
    rows = await service.rows("SELECT headers FROM outbox")
    traces = [dict(json.loads(row["headers"])).get("traceparent", "")[3:35] for row in rows]
    logged = await service.rows("SELECT trace_id FROM audit WHERE action = 'referral.submit'")
    assert {row["trace_id"] for row in logged} == set(traces)
    assert (len(traces), len(set(traces))) == (6, 3)


async def test_of_a_large_file_only_the_first_lines_are_recorded(service: Service) -> None:
    await run_import(service, ndjson(numbered(RECORDED_LINES + 1)))
    rows = await service.rows("SELECT headers FROM outbox ORDER BY id")
    parents = [dict(json.loads(row["headers"]))["traceparent"] for row in rows]
    sampled = [bool(int(parent[-2:], 16) & 1) for parent in parents]
    assert sampled == [True] * 2 * RECORDED_LINES + [False] * 2


async def test_other_partners_are_served_while_a_large_file_is_taken(
    service: Service, record_property: Callable[[str, object], None]
) -> None:
    """Also those who tell of the same persons: no lock of the import is held for long."""
    shared = {"phone": SHELTER}
    bodies = [nameless(n, **(shared if n % 50 == 0 else {})) for n in range(3_000)]
    job = (await send(service, ndjson(bodies))).json()
    taken_meanwhile: list[int] = []

    async def taken() -> int:
        return int((await read(service, f"{PATH}/{job['id']}")).json()["counts"]["accepted"])

    async with importing(service.settings):
        await eventually(taken)
        for n in range(10):
            before = await taken()
            answer = await service.post("hospital_ward", nameless(n, **shared))
            assert answer.status_code == 201
            taken_meanwhile.append(await taken() - before)
        assert (await finished(service, job))["counts"]["accepted"] == len(bodies)
    assert max(taken_meanwhile) <= MOST_BATCHES_WAITED * BATCH_LINES, (
        "a lock held longer than a batch would have let nobody in"
    )
    record_property("measured", f"lines taken while another partner posted: {taken_meanwhile}")


async def test_a_batch_costs_few_statements(service: Service) -> None:
    codes = made_up_codes()
    bodies = [
        body if n % 2 else body | {"client": body["client"] | {"identity_code": next(codes)}}
        for n, body in enumerate(numbered(3 * BATCH_LINES))
    ]
    await send(service, ndjson(bodies))

    async def done() -> bool:
        """Looked up past the service, whose own statements are counted."""
        return bool(await service.rows("SELECT 1 FROM imports WHERE state = 'done'"))

    with statements() as asked:
        async with importing(service.settings):
            await eventually(done)
    own = [one for one in asked if "lease_owner" not in one and "FROM imports" not in one]
    assert len(own) < 3 * 20
    await assert_each_once(service, 3 * BATCH_LINES)


async def persistently(service: Service, body: dict[str, Any]) -> httpx.Response:
    """Posts as a partner does: told that we are busy, it comes again with the same key."""
    key = new_key()
    while True:
        answer = await service.post("prison", body, key)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(float(answer.headers["Retry-After"]) / 10)


@pytest.mark.parametrize("order", [1, -1])
async def test_a_file_and_posts_of_the_same_persons_at_once_get_along(
    service: Service, order: int
) -> None:
    """The same ids and the same persons, from both ends: none is lost, none is taken twice."""
    codes = made_up_codes()
    bodies = [
        body | {"client": body["client"] | {"identity_code": next(codes)}}
        for body in numbered(2 * BATCH_LINES)
    ]
    jobs = [(await send(service, ndjson(part))).json() for part in (bodies, bodies[::-1])]
    async with importing(service.settings, workers=2):
        posts = [persistently(service, body) for body in bodies[::order]]
        answers = await asyncio.gather(*posts)
        done = [await finished(service, job) for job in jobs]
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert [job["counts"]["refused"] for job in done] == [0, 0]
    taken = sum(answer.status_code == 201 for answer in answers)
    assert taken + sum(job["counts"]["accepted"] for job in done) == len(bodies)
    await assert_each_once(service, len(bodies))
