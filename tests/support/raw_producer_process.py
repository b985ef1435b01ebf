"""A bare aiokafka producer as a process of its own, to measure the relay against:
`python -m tests.support.raw_producer_process`.

Reads the messages of an outbox once; then, for each line it is given, sends them all in batches of
500, awaiting each, and prints the seconds and CPU seconds that took.
"""

import asyncio
import json
import sys
import time

import asyncpg
from uvicorn.loops.auto import auto_loop_factory

from shared import telemetry
from shared.relay import producer_of
from shared.settings import PlatformSettings

BATCH = 500

Sendable = tuple[str, bytes, bytes, list[tuple[str, bytes]]]


async def messages_of(dsn: str) -> list[Sendable]:
    """What lies in the outbox, ready to be sent."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("SELECT topic, key, value, headers FROM outbox ORDER BY id")
    finally:
        await connection.close()
    return [
        (
            row["topic"],
            row["key"],
            row["value"],
            telemetry.encoded(telemetry.header_pairs(row["headers"])),
        )
        for row in rows
    ]


async def main() -> None:
    """Sends whenever told, until standard input ends."""
    settings = PlatformSettings.model_validate({})
    messages = await messages_of(settings.asyncpg_dsn)
    producer = producer_of(settings.kafka)
    await producer.start()
    print(json.dumps({"messages": len(messages)}), flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        began, cpu = time.perf_counter(), time.process_time()
        for first in range(0, len(messages), BATCH):
            await asyncio.gather(
                *[
                    await producer.send(topic, value, key, headers=headers)
                    for topic, key, value, headers in messages[first : first + BATCH]
                ]
            )
        taken = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
        print(json.dumps(taken), flush=True)
    await producer.stop()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(main())
