"""Drawing beside the service: in one process of its own, one picture at a time.

The library holds Python's lock while it draws, so in a thread it would hold up every request of the
service. The process is started when the first picture is asked for, and anew when it has died.
"""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from services.analytics.charts.metrics import CHARTS
from services.analytics.charts.pictures import Picture
from shared.problems import UNAVAILABLE, Problem

COMMAND = (sys.executable, "-m", "services.analytics.charts.rendering")
LONGEST_ANSWER = 16 * 1024 * 1024
PATIENCE_SECONDS = 30.0
KEPT = 512
"""Of the last pictures. A picture is all that its drawing depends on, so none is out of date."""


class Renderer:
    """Gives pictures as SVG."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._lock = asyncio.Lock()
        self._kept: OrderedDict[bytes, str] = OrderedDict()

    async def svg(self, picture: Picture, number: int = 0) -> str:
        """The picture drawn. Raises `service_unavailable` when that fails."""
        line = json.dumps({"picture": asdict(picture), "number": number}).encode() + b"\n"
        if (kept := self._kept.get(line)) is not None:
            self._kept.move_to_end(line)
            CHARTS.labels("kept").inc()
            return kept
        drawn = await self._drawn(line)
        self._kept[line] = drawn
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return drawn

    async def _drawn(self, line: bytes) -> str:
        async with self._lock:
            try:
                drawn = await asyncio.wait_for(self._ask(line), PATIENCE_SECONDS)
            except BaseException as error:
                # Whatever was left unread would be taken for the next picture's answer.
                await self._stop()
                if isinstance(error, (OSError, ValueError, TimeoutError)):
                    drawn = None
                else:
                    raise
        CHARTS.labels("failed" if drawn is None else "drawn").inc()
        if drawn is None:
            raise Problem(
                UNAVAILABLE, "The chart cannot be drawn just now.", headers={"Retry-After": "5"}
            )
        return drawn

    async def close(self) -> None:
        """Ends the process."""
        async with self._lock:
            await self._stop()

    async def _ask(self, line: bytes) -> str | None:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *COMMAND, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=LONGEST_ANSWER
            )
        entrance, exit_ = self._process.stdin, self._process.stdout
        if entrance is None or exit_ is None:
            raise OSError("the drawing process has no pipes")
        entrance.write(line)
        await entrance.drain()
        answer: str | None = json.loads(await exit_.readline())
        return answer

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def drawing(app: FastAPI) -> AsyncIterator[None]:
    """The renderer of an application while it runs, as `app.state.renderer`."""
    app.state.renderer = Renderer()
    yield
    await app.state.renderer.close()


async def _renderer(request: Request) -> Renderer:
    renderer: Renderer = request.app.state.renderer
    return renderer


Drawing = Annotated[Renderer, Depends(_renderer)]
"""The renderer, for an endpoint to ask for."""
