"""One whole stack for the session, with the demo region loaded."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from deploy.local.region import load_region
from deploy.local.stack import Stack
from shared.settings import KafkaSettings
from tests.support.house import House


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers one takes all of these, so that one whole stack is enough."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.xdist_group("house"))


@pytest.fixture(scope="session")
def stack(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """PostgreSQL, broker, issuer and all four services as processes."""
    running = Stack(tmp_path_factory.mktemp("house"), broker=broker)  # type: ignore[arg-type]
    running.start()
    load_region(running.urls, running.token("admin"))
    yield running
    running.stop()


@pytest.fixture
async def house(stack: Stack) -> AsyncIterator[House]:
    """The stack with a client for each of its callers."""
    async with httpx.AsyncClient(timeout=30) as http:
        yield House(stack, http)


@pytest.fixture
def topics(stack: Stack) -> KafkaSettings:
    """The stack's topics, as an outside consumer reaches them."""
    return KafkaSettings(bootstrap=stack.kafka, fetch_max_wait_ms=20)
