"""A landlord cannot tell a known person from an unknown one: not by answer, read, call or time."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from tests.e2e.test_pipeline import FINLAND, case_of
from tests.support.bodies import made_up_codes, referral_body
from tests.support.house import House
from tests.support.servers import served

VOLATILE_BODY = ("id", "reference", "received_at", "external_id")
VOLATILE_HEADERS = ("date", "location", "traceresponse", "ratelimit", "etag")
CODES = made_up_codes(date(1971, 3, 1))
ELSEWHERE = "049"
ROUNDS = 60
LARGEST_ADVANTAGE = 0.17
"""How far from a coin toss a guess by the time of an answer may be: 0.5 would be certainty."""


def body_about(code: str, **client: Any) -> dict[str, Any]:
    return referral_body(
        lawful_basis="private_notifier",
        client={"identity_code": code, "municipality": "398"} | client,
    )


async def unknown(house: House, code: str) -> None:
    """Nobody has ever referred this person."""


async def open_case(house: House, code: str) -> None:
    """A ward's patient with a worker already."""
    await case_of(house, await house.refer("ward", referral_body(client={"identity_code": code})))


async def closed_case(house: House, code: str) -> None:
    """A former client."""
    referral_id = await house.refer("ward", referral_body(client={"identity_code": code}))
    case = await case_of(house, referral_id)
    path = f"/v1/cases/{case['id']}"
    for action, body in (
        ("contact-attempts", {"channel": "phone", "outcome": "reached"}),
        ("close", {"reason": "moved_away"}),
    ):
        sent = body | ({"at": datetime.now(FINLAND).isoformat()} if "channel" in body else {})
        version = (await house.get("lead", "caseload", path)).headers["etag"]
        done = await house.post("lead", "caseload", f"{path}/{action}", sent, If_Match=version)
        assert done.status_code < 300, done.text


async def non_disclosure(house: House, code: str) -> None:
    """A client whose whereabouts are under a non-disclosure order."""
    body = referral_body(client={"identity_code": code, "non_disclosure_order": True})
    await case_of(house, await house.refer("social-office", body))


async def two_partners(house: House, code: str) -> None:
    """A person whom two authorities referred at the same moment."""
    body = referral_body(client={"identity_code": code})
    await asyncio.gather(house.refer("ward", body), house.refer("prison", body))


PASTS = [unknown, open_case, closed_case, non_disclosure, two_partners]


@asynccontextmanager
async def landlords_receiver(house: House) -> AsyncIterator[list[bytes]]:
    """A webhook endpoint of the landlord's; what was sent to it."""
    received: list[bytes] = []
    app = FastAPI()

    @app.post("/hook")
    async def hook(request: Request) -> dict[str, str]:
        received.append(await request.body())
        return {}

    landlord = house.stack.clients["landlord"]["org"]
    async with served(app) as url:
        made = await house.post(
            "admin",
            "referral",
            f"/v1/partners/{landlord}/webhooks",
            {"url": f"{url}/hook", "event_types": ["referral.status_changed"]},
        )
        assert made.status_code == 201, made.text
        yield received


def shown(answer: httpx.Response) -> tuple[int, dict[str, Any], dict[str, str]]:
    """All of an answer that could differ by who the person is."""
    body = {k: v for k, v in answer.json().items() if k not in VOLATILE_BODY}
    headers = {k: v for k, v in answer.headers.items() if k not in VOLATILE_HEADERS}
    return answer.status_code, body, headers


async def test_answers_later_reads_and_calls_are_the_same_whatever_the_persons_past(
    house: House,
) -> None:
    async with landlords_receiver(house) as received:
        answers: dict[str, httpx.Response] = {}
        for past in PASTS:
            code = next(CODES)
            await past(house, code)
            answers[past.__name__] = await house.post(
                "landlord", "referral", "/v1/referrals", body_about(code)
            )
        await asyncio.sleep(3)
        later = {
            name: await house.get("landlord", "referral", answer.headers["location"])
            for name, answer in answers.items()
        }
        assert received == [], "no webhook tells that anything happened"
    for kind in (answers, later):
        expected = shown(kind["unknown"])
        assert {name: shown(answer) for name, answer in kind.items()} == dict.fromkeys(
            kind, expected
        )
    lengths = {len(answer.content) for answer in answers.values()}
    assert len(lengths) == 1


async def time_of(house: House, body: dict[str, Any]) -> float:
    started = time.perf_counter()
    answer = await house.post("landlord", "referral", "/v1/referrals", body)
    assert answer.status_code == 201, answer.text
    return time.perf_counter() - started


def advantage(some: list[float], others: list[float]) -> float:
    """How well the time tells the two apart: |P(some < others) - 1/2| (Mann-Whitney)."""
    pairs = list(itertools.product(some, others))
    wins = sum((a < b) + 0.5 * (a == b) for a, b in pairs)
    return abs(wins / len(pairs) - 0.5)


@pytest.mark.timeout(150)
async def test_the_time_of_an_answer_does_not_tell_who_is_known(house: House) -> None:
    known_codes = [next(CODES) for _ in range(ROUNDS)]
    for code in known_codes:
        body = referral_body(client={"identity_code": code, "municipality": ELSEWHERE})
        await house.refer("prison", body)
    await asyncio.sleep(2)
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for known, new in zip(known_codes, _strangers(), strict=False):
        for who, code in (("known", known), ("unknown", new)):
            body = body_about(code, municipality=ELSEWHERE)
            times[who].append(await time_of(house, body))
    found = advantage(times["known"], times["unknown"])
    print(f"\nlandlord's advantage by time: {found:.3f} of 0.5, over {ROUNDS} pairs")
    assert found < LARGEST_ADVANTAGE, times


def _strangers() -> Iterator[str]:
    return CODES
