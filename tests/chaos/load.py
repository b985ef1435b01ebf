"""Partners at work: referrals at a constant rate whatever the answers, looks at their status, and
now and then a document. Open loop: what is slow makes nobody send less."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import islice
from uuid import UUID, uuid4

import httpx

from tests.chaos.judging import Sent
from tests.support.bodies import made_up_codes, referral_body
from tests.support.house import House

SENDERS = ("prison", "ward")
PERSONS = list(islice(made_up_codes(), 400))
IN_FLIGHT = 150
RETRY_SECONDS = 0.4
PATIENCE_SECONDS = 60.0
ANSWERED = (200, 201)


class Load:
    """Sends through `url` until it is stopped. Of the senders that got no receipt every other one
    repeats with the same key until it gets one; the rest give up, as somebody in a hurry does."""

    def __init__(self, house: House, url: str, places: tuple[str, ...], *, rate: float) -> None:
        self._house = house
        self._url = url
        self._places = places
        self._rate = rate
        self._chance = random.Random(8)
        self._tasks: set[asyncio.Task[None]] = set()
        self._http = httpx.AsyncClient(
            timeout=8.0, limits=httpx.Limits(max_connections=None, max_keepalive_connections=40)
        )
        self.sent: list[Sent] = []
        self.accepted_at: dict[UUID, float] = {}
        self.documents: list[str] = []
        self.unsent = 0
        self.looks: Counter[int | None] = Counter()

    @asynccontextmanager
    async def running(self, client_ref: str, documents: int) -> AsyncIterator["Load"]:
        """Sends during the block; at its end everybody who repeats gets their receipt."""
        ticking = asyncio.create_task(self._tick())
        writing = asyncio.create_task(self._write(client_ref, documents))
        try:
            yield self
            ticking.cancel()
            await asyncio.gather(writing, *self._tasks)
        finally:
            for task in (ticking, writing, *self._tasks):
                task.cancel()
            await asyncio.gather(ticking, writing, *self._tasks, return_exceptions=True)
            await self._http.aclose()

    async def _tick(self) -> None:
        due = time.monotonic()
        while True:
            due += 1 / self._rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if len(self._tasks) >= IN_FLIGHT:
                self.unsent += 1
                continue
            self._begin(self._refer(len(self.sent)))
            if self.accepted_at and len(self.sent) % 4 == 0:
                self._begin(self._look())

    def _begin(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _refer(self, nth: int) -> None:
        who, place = SENDERS[nth % 2], self._places[nth // 2 % len(self._places)]
        person = self._chance.choice(PERSONS[nth // 2 % len(self._places) :: len(self._places)])
        one = Sent(f"{who}-{uuid4()}")
        self.sent.append(one)
        client = {"municipality": place, "identity_code": person}
        body = referral_body(external_id=one.key, client=client)
        insists, until = nth % 4 < 2, time.monotonic() + PATIENCE_SECONDS
        while not await self._try(one, who, body) and insists and time.monotonic() < until:
            await asyncio.sleep(RETRY_SECONDS)
        if one.accepted and nth % 10 == 0:
            await self._try(one, who, body)

    async def _try(self, one: Sent, who: str, body: dict[str, object]) -> bool:
        headers = self._house.headers(who) | {"Idempotency-Key": one.key}
        try:
            answer = await self._http.post(f"{self._url}/v1/referrals", json=body, headers=headers)
        except httpx.HTTPError:
            one.answers.append(None)
            return False
        one.answers.append(answer.status_code)
        if answer.status_code not in ANSWERED:
            return False
        one.ids.add(answer.json()["id"])
        self.accepted_at.setdefault(UUID(answer.json()["id"]), time.monotonic())
        return True

    async def _look(self) -> None:
        """A sender asks how one of its accepted referrals stands: it must never be gone."""
        one = self._chance.choice([one for one in self.sent if one.accepted])
        who = one.key.split("-")[0]
        [referral_id, *_] = one.ids
        with suppress(httpx.HTTPError):
            answer = await self._http.get(
                f"{self._url}/v1/referrals/{referral_id}", headers=self._house.headers(who)
            )
            self.looks[answer.status_code] += 1

    async def _write(self, client_ref: str, documents: int) -> None:
        for _ in range(documents):
            await self._write_one(client_ref)
            await asyncio.sleep(1.0)

    async def _write_one(self, client_ref: str) -> None:
        key, until = str(uuid4()), time.monotonic() + PATIENCE_SECONDS
        body = {"client_ref": client_ref, "kind": "joint_plan", "written_in": "social"}
        body["content"] = "Suunnitelma."
        while time.monotonic() < until:
            with suppress(httpx.HTTPError):
                answer = await self._house.post(
                    "worker", "consent", "/v1/documents", body, Idempotency_Key=key
                )
                if answer.status_code in ANSWERED:
                    self.documents.append(str(answer.json()["id"]))
                    return
            await asyncio.sleep(RETRY_SECONDS)
