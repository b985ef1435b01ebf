"""The event process of a service: its relay, its teller of disclosures, its consumer, a small
health port, and whatever else the service does beside requests (`parts`).

If any part ends by a fault, the process ends too and is started anew by whoever runs it.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.loops.auto import auto_loop_factory

from shared import garbage, logs, measuring, telemetry
from shared.consumer import FINISH_SECONDS, Consumer, Handlers
from shared.db import Database
from shared.disclosures import Teller
from shared.finishing import end_all
from shared.relay import Relay
from shared.settings import PlatformSettings
from shared.web.health import Check, broker_check, health_router

STARTED_CHECK = "consumer"

STOP_SECONDS = FINISH_SECONDS + 1.0
"""So long the parts may take to stop; whoever started the process waits a little longer."""

Part = Callable[[Database], Coroutine[Any, Any, None]]
"""Work of the service's own that goes on until it is cancelled; it gets the process's database."""


def run(
    settings: PlatformSettings,
    handlers: Handlers,
    *,
    batch_size: int = 1,
    parts: Sequence[Part] = (),
) -> None:
    """Runs the event process until SIGTERM or SIGINT; the message in hand is finished first."""
    logs.set_up(settings.service_name, "worker")
    telemetry.set_up(settings, "worker")
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(_run(settings, handlers, batch_size, parts))


async def _run(
    settings: PlatformSettings, handlers: Handlers, batch_size: int, extra: Sequence[Part]
) -> None:
    database = Database(settings)
    consumer = Consumer(settings, database, handlers, batch_size=batch_size)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    parts = [
        Relay(settings).run(),
        Teller(settings, database).run(),
        measuring.measure_for_ever(settings),
        _serve_health(settings, database, consumer),
        *(part(database) for part in extra),
    ]
    if handlers:
        parts.append(consumer.run())
    garbage.collect_less_often()
    tasks = [asyncio.create_task(part) for part in parts]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
    await end_all(tasks, seconds=STOP_SECONDS)
    stopping.cancel()
    await database.close()


async def _serve_health(settings: PlatformSettings, database: Database, consumer: Consumer) -> None:
    async def consuming() -> None:
        if consumer.topics and not consumer.assigned.is_set():
            raise RuntimeError("no partitions assigned yet")

    app = FastAPI(openapi_url=None)
    checks = [
        Check("postgres", database.ping),
        broker_check(settings.kafka, required=True),
        Check(STARTED_CHECK, consuming),
    ]
    app.include_router(health_router(checks))
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        lifespan="off",
    )
    await _HealthServer(config).serve()


class _HealthServer(uvicorn.Server):
    """Leaves the signals to the process, which has more than this server to end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures nothing."""
        yield
