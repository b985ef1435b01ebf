"""An analytics service in which a year was lived: of everything something, much of it in small
numbers, and LiiTu's cases with their prices."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from services.analytics.app import build
from services.analytics.settings import Settings
from shared.db import Database
from shared.settings import KafkaSettings
from tests.integration.analytics.conftest import Service
from tests.integration.analytics.events import TEAM, imported
from tests.integration.analytics.test_documents import put_costs
from tests.support.databases import Databases
from tests.support.history import ladder, liitu
from tests.support.random_past import some_past
from tests.support.servers import served
from tests.support.settings import settings_for
from tests.support.tokens import token_mint

YEAR = {"from": "2022-01-01", "to": "2022-12-31"}
CASES = 60


@asynccontextmanager
async def lived_service(postgres: Databases, kafka: KafkaSettings) -> AsyncIterator[Service]:
    """The service, served."""
    async with token_mint() as mint:
        address = await postgres.fresh("analytics")
        settings = settings_for(Settings, address, kafka=kafka, issuer=mint.url)
        database = Database(settings)
        async with (
            served(build(settings)) as url,
            httpx.AsyncClient(base_url=url, timeout=60) as http,
        ):
            service = Service(http, mint, settings, database)
            await service.deliver(some_past(random.Random(7), CASES).events)
            await service.deliver(imported([*liitu(str(TEAM)), *ladder(str(TEAM))]))
            await put_costs(service)
            yield service
        await database.close()
