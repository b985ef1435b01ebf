"""Benchmarks run by themselves: `make bench-reports`, or `pytest -m benchmark tests/benchmarks`."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from services.analytics.app import build
from services.analytics.settings import Settings
from shared.db import Database
from shared.settings import KafkaSettings
from tests.integration.analytics.conftest import Service
from tests.support.servers import served
from tests.support.settings import settings_for
from tests.support.tokens import token_mint

AnalyticsMaker = Callable[[str], Awaitable[Service]]


@pytest.fixture
async def analytics_on(kafka: KafkaSettings) -> AsyncIterator[AnalyticsMaker]:
    """Makes an analytics service on a database."""
    async with AsyncExitStack() as stack:
        mint = await stack.enter_async_context(token_mint())

        async def make(address: str) -> Service:
            settings = settings_for(Settings, address, kafka=kafka, issuer=mint.url)
            database = Database(settings)
            stack.push_async_callback(database.close)
            url = await stack.enter_async_context(served(build(settings)))
            http = httpx.AsyncClient(base_url=url, timeout=300)
            await stack.enter_async_context(http)
            return Service(http, mint, settings, database)

        yield make
