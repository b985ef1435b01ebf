"""A lab for each test of the delivery path."""

from collections.abc import AsyncIterator

import pytest

from shared.settings import KafkaSettings
from tests.support.databases import Databases
from tests.support.happenings import Lab, open_lab


@pytest.fixture
async def lab(postgres: Databases, kafka: KafkaSettings) -> AsyncIterator[Lab]:
    """An event, a topic and a database of the test's own."""
    opened = await open_lab(postgres, kafka)
    yield opened
    await opened.database.close()
