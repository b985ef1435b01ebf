"""One whole stack for all tests of this folder, with the demo region loaded.

It costs a quarter of a core even when nobody calls it: it runs no longer than it is needed.
"""

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
    """With several workers one takes all of these, so that one whole stack is enough; and first
    those that start one of their own, or none."""
    here = Path(__file__).parent
    ours = [item for item in items if item.path.is_relative_to(here)]
    for item in ours:
        item.add_marker(pytest.mark.xdist_group("house"))
    ours.sort(key=lambda item: "stack" in getattr(item, "fixturenames", ()))
    places = (place for place, item in enumerate(items) if item.path.is_relative_to(here))
    for place, item in zip(list(places), ours, strict=True):
        items[place] = item


@pytest.fixture(scope="package")
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
