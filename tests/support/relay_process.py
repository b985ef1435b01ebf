"""A relay as a process of its own, to be killed: `python -m tests.support.relay_process`.

With `hang-before-leaving` it publishes and leaves all in the queue, as if it died in between.
"""

import asyncio
import sys
from collections.abc import Sequence

import asyncpg
from aiokafka import AIOKafkaProducer

from shared.relay import Relay
from shared.settings import PlatformSettings


class HangingConnection:
    """A connection on which nothing can be marked."""

    async def execute(self, *_: object) -> None:
        """Tells that all was sent, and hangs."""
        print("published", flush=True)
        await asyncio.Event().wait()


class RelayThatHangs(Relay):
    """Publishes, then hangs before anything leaves the queue."""

    async def _publish(
        self,
        connection: asyncpg.Connection,
        producer: AIOKafkaProducer,
        rows: Sequence[asyncpg.Record],
    ) -> None:
        await super()._publish(HangingConnection(), producer, rows)  # type: ignore[arg-type]


def main() -> None:
    """Runs until killed."""
    settings = PlatformSettings.model_validate({})
    kind = RelayThatHangs if "hang-before-leaving" in sys.argv else Relay
    print("started", flush=True)
    asyncio.run(kind(settings).run())


if __name__ == "__main__":
    main()
