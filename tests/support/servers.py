"""Serves an application over real HTTP on a free port of the loopback address."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from fastapi.dependencies import models

from shared.web.patience import Impatient


class _Server(uvicorn.Server):
    """Stops as soon as it is told to. uvicorn itself looks ten times a second, which thousands of
    tests would wait for."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host="127.0.0.1",
                port=0,
                http=Impatient,
                log_config=None,
                access_log=False,
            )
        )
        self.told_to_stop = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.told_to_stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:
            await asyncio.sleep(0.005)
        await self.lifespan.shutdown()


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The base URL of the application while it is served."""
    server = _Server(app)
    task = asyncio.create_task(server._serve())
    while not server.started:
        if task.done():
            task.result()
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.told_to_stop.set()
        await task
        _forget_endpoints()


def _forget_endpoints() -> None:
    """FastAPI remembers what kind of callable each endpoint is, and with it every application that
    a test ever made: hundreds of megabytes by the end of the suite."""
    for name, remembered in vars(models).items():
        if name.endswith("_callable_cached"):
            remembered.cache_clear()
