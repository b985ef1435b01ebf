"""Everything in this folder is an attack that `make test` has no time for."""

from collections.abc import AsyncIterator

import httpx
import pytest

from services.referral.app import build
from services.referral.settings import Settings
from shared.settings import KafkaSettings
from tests.integration.referral.conftest import Service
from tests.support.databases import Databases
from tests.support.partners import register_partners
from tests.support.servers import served
from tests.support.settings import settings_for
from tests.support.tokens import token_mint


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks them all."""
    for item in items:
        if "tests/fuzz/" in item.nodeid:
            item.add_marker(pytest.mark.fuzz)


@pytest.fixture(scope="module")
async def target(postgres: Databases, kafka: KafkaSettings) -> AsyncIterator[Service]:
    """A referral service that the attacks of a module share."""
    address = await postgres.fresh("referral")
    async with token_mint() as mint:
        settings = settings_for(Settings, address, kafka=kafka, issuer=mint.url)
        async with (
            served(build(settings)) as url,
            httpx.AsyncClient(base_url=url, timeout=60) as http,
        ):
            partners = await register_partners(url, mint.token("partners:admin"))
            yield Service(http, mint, settings, partners)
