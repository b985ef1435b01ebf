"""Fault after fault under constant load: nothing that was accepted is lost, nothing is doubled."""

from collections.abc import AsyncIterator

import pytest

from tests.chaos.faults import Ground, NotDone, faults
from tests.chaos.running import Row, ground_of, row_of

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

NAMES = list(faults(0))


@pytest.fixture(scope="module")
async def ground(broker: str) -> AsyncIterator[Ground]:
    """One stack for all faults, one after the other."""
    async with ground_of(broker) as made:
        yield made


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_is_lost_and_nothing_is_doubled(
    ground: Ground, name: str, rows: list[Row], not_done: list[tuple[str, str]]
) -> None:
    timeout_ms = ground.house.stack.broker.settings["NOPSA_KAFKA_SESSION_TIMEOUT_MS"]
    try:
        row = await row_of(ground, name, faults(int(timeout_ms) / 1000)[name])
    except NotDone as error:
        not_done.append((name, str(error)))
        pytest.skip(str(error))
    rows.append(row)
    assert row.verdict.clean, str(row.verdict)
