"""Two hundred referrals at once into room for a hundred and fifty, three times over."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from services.caseload.app import build
from services.caseload.settings import Settings
from services.caseload.waitlist.rules import Place, priority
from shared.contracts.codes import Urgency
from shared.contracts.referral import ReferralReceived
from shared.db import Database, is_transient
from shared.settings import KafkaSettings
from tests.integration.caseload.conftest import Service, referral
from tests.support.databases import Databases
from tests.support.servers import served
from tests.support.settings import settings_for
from tests.support.tokens import TokenMint

AT_ONCE = 30
"""As many as several event processes together handle at a time."""


@pytest.fixture
async def crowded(
    postgres: Databases, kafka: KafkaSettings, mint: TokenMint
) -> AsyncIterator[Service]:
    """A caseload service with many connections."""
    address = await postgres.fresh("caseload")
    settings = settings_for(Settings, address, kafka=kafka, issuer=mint.url)
    database = Database(settings.model_copy(update={"database_pool_size": AT_ONCE}))
    async with (
        served(build(settings)) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        yield Service(http, mint, settings, database)
    await database.close()


def crowd(now: datetime) -> list[ReferralReceived]:
    """Two hundred clients of every urgency, who came at different moments of the last month."""
    urgencies = list(Urgency)
    return [
        referral(
            urgency=urgencies[nth % 3],
            received_at=now - timedelta(hours=nth * 7 % 700, minutes=nth),
            leaves_institution_on=now.date() if nth % 5 == 0 else None,
        )
        for nth in range(200)
    ]


def in_order(waiting: list[ReferralReceived], now: datetime) -> list[str]:
    """The clients in the order of the line; no two of the crowd came at one moment."""
    places = [
        Place(data.client_ref, data.urgency, data.received_at, data.leaves_institution_on)
        for data in waiting
    ]
    return [str(place.id) for place in sorted(places, key=lambda place: priority(place, now))]


@pytest.mark.parametrize("attempt", range(2))
async def test_two_hundred_at_once_overfill_nobody_and_lose_nobody(
    crowded: Service, attempt: int
) -> None:
    team = await crowded.team()
    workers = [await crowded.worker(team, capacity=15) for _ in range(10)]
    arriving = crowd(datetime.now(UTC))
    gate = asyncio.Semaphore(AT_ONCE)

    async def take(data: ReferralReceived) -> None:
        """As a consumer does: a lock that was not had in time, on a busy machine, is tried for
        again."""
        async with gate:
            while True:
                try:
                    await crowded.take(data)
                except DBAPIError as error:
                    if not is_transient(error):
                        raise
                else:
                    return

    await asyncio.gather(*map(take, arriving))
    loads = await crowded.rows("SELECT worker_id, count(*) FROM case_workers GROUP BY worker_id")
    assert {str(row["worker_id"]): row["count"] for row in loads} == dict.fromkeys(workers, 15)
    cases = {str(row["client_ref"]) for row in await crowded.rows("SELECT client_ref FROM cases")}
    line = [place["client_ref"] for place in await whole_line(crowded, team)]
    everybody = {str(data.client_ref) for data in arriving}
    assert (len(cases), len(line), cases | set(line)) == (150, 50, everybody)
    waiting = [data for data in arriving if str(data.client_ref) in line]
    assert line == in_order(waiting, datetime.now(UTC))
    happened = Counter(event.type for event in await crowded.events())
    assert (happened["case.assigned"], happened["case.waitlisted"]) == (150, 50)
    await check_histories(crowded)


async def whole_line(service: Service, team: str) -> list[dict[str, str]]:
    answer = await service.http.get(
        "/v1/waitlist", params={"team": team, "limit": "200"}, headers=service.admin()
    )
    return list(answer.json()["items"])


async def check_histories(service: Service) -> None:
    """Every client's versions are without a hole."""
    versions: dict[str, list[int]] = {}
    for event in await service.events():
        if event.type.startswith("case."):
            versions.setdefault(event.key, []).append(event.data["version"])
    assert len(versions) == 200
    for found in versions.values():
        assert found[0] == 1
        assert all(later == earlier + 1 for earlier, later in pairwise(found))
