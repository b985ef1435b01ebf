"""A partner that walks ids, or asks of persons by time, learns nothing."""

import itertools
import time
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.ids import new_id
from tests.e2e.test_landlord_secrecy import LARGEST_ADVANTAGE, advantage, body_about
from tests.integration.referral.conftest import Service
from tests.support.attacks import Attack
from tests.support.bodies import made_up_codes, referral_body

OTHERS = 40
ROUNDS = 120
CODES = made_up_codes(date(1981, 5, 1))
VOLATILE = ("instance", "trace_id", "detail")
PATHS = (
    "/v1/referrals/{}",
    "/fhir/r4/ServiceRequest/{}",
    "/v1/referral-imports/{}",
    "/v1/referral-imports/{}/results",
)


def shown(answer: httpx.Response) -> tuple[int, int, Any]:
    """All of a refusal that could differ."""
    body = answer.json()
    if answer.headers["content-type"] == "application/problem+json":
        body = {name: value for name, value in body.items() if name not in VOLATILE}
    return answer.status_code, len(answer.content), body


async def others_referrals(target: Service) -> list[str]:
    ids = []
    for _ in range(OTHERS):
        answer = await target.post("hospital_ward", referral_body())
        ids.append(answer.json()["id"])
    return ids


def beside(known: str) -> list[str]:
    """Ids next to one, as a walker would guess them."""
    number = UUID(known).int
    return [str(UUID(int=number + step)) for step in (-1, 1)]


async def test_a_partner_that_walks_ids(target: Service, attack: Attack) -> None:
    theirs = await others_referrals(target)
    nobodys = [str(new_id()) for _ in theirs] + [near for known in theirs for near in beside(known)]
    for path in PATHS:
        expected = await _ask(target, path, str(uuid4()))
        for wanted in (*theirs, *nobodys):
            found = await _ask(target, path, wanted)
            attack.expect_refused(
                found.status_code == 404 and shown(found) == shown(expected),
                f"{path}: {found.status_code} {found.text} / {expected.text}",
            )
    await _change_anothers(target, attack, theirs)


async def _ask(target: Service, path: str, wanted: str) -> httpx.Response:
    return await target.http.get(path.format(wanted), headers=target.sender("prison"))


async def _change_anothers(target: Service, attack: Attack, theirs: list[str]) -> None:
    for wanted, way in itertools.product(theirs[:10], ("cancel", "entered-in-error", "amendments")):
        headers = target.sender("prison") | {"If-Match": '"v1"'}
        answer = await target.http.post(
            f"{PATHS[0].format(wanted)}/{way}", json={"reason": "x"}, headers=headers
        )
        attack.expect_refused(answer.status_code in (404, 422), f"{way}: {answer.status_code}")


async def test_the_time_of_a_404_does_not_tell_whether_there_is_something(
    target: Service, attack: Attack
) -> None:
    theirs = await others_referrals(target)
    for path in PATHS[:2]:
        times: dict[str, list[float]] = {"another's": [], "nobody's": []}
        for nth in range(ROUNDS):
            for who, wanted in (("another's", theirs[nth % OTHERS]), ("nobody's", str(new_id()))):
                started = time.perf_counter()
                await _ask(target, path, wanted)
                times[who].append(time.perf_counter() - started)
        found = advantage(times["another's"], times["nobody's"])
        print(f"{path}: an advantage of {found:.3f} of 0.5")
        attack.expect_refused(found < LARGEST_ADVANTAGE, f"{path}: advantage {found:.3f}")


async def test_the_time_of_an_answer_does_not_tell_a_landlord_who_is_known(
    target: Service, attack: Attack
) -> None:
    known = [next(CODES) for _ in range(ROUNDS)]
    for code in known:
        await target.post("prison", referral_body(client={"identity_code": code}))
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for code in known:
        for who, asked in (("known", code), ("unknown", next(CODES))):
            started = time.perf_counter()
            answer = await target.post("landlord", body_about(asked))
            times[who].append(time.perf_counter() - started)
            assert answer.status_code == 201, answer.text
    found = advantage(times["known"], times["unknown"])
    attack.expect_refused(found < LARGEST_ADVANTAGE, f"advantage {found:.3f}")
