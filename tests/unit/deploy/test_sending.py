"""A file sent to an import is followed to its end, also to a bad one."""

import asyncio
import io
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from rich.console import Console

from deploy.cli.calling import Client
from deploy.cli.sending import BROKE_DOWN, NDJSON, Account, Destination, send
from tests.support.servers import served

PATH = "/v1/case-imports"


class Importer:
    """An import that takes a part after two looks, or breaks down over it; and a token issuer."""

    def __init__(self, end: str) -> None:
        self.end = end
        self.looks = 0
        self.parts: list[bytes] = []
        self.keys: set[str] = set()

    def app(self) -> FastAPI:
        """What it answers."""
        app = FastAPI()
        app.post("/token")(self.token)
        app.post(PATH)(self.take)
        app.get(PATH + "/1")(self.look)
        app.get(PATH + "/1/results")(self.results)
        return app

    async def token(self) -> dict[str, str]:
        """Anybody may."""
        return {"access_token": "t"}

    async def take(self, request: Request) -> dict[str, Any]:
        """A job, which is queued."""
        self.parts.append(await request.body())
        self.keys.add(request.headers["Idempotency-Key"])
        return self.job("queued")

    async def look(self) -> dict[str, Any]:
        """The job, which ends at the second look."""
        self.looks += 1
        return self.job(self.end if self.looks > 1 else "running")

    async def results(self, cursor: str = "") -> dict[str, Any]:
        """Two refused lines, each on a page of its own."""
        line = 2 if cursor else 1
        return {"items": [{"line": line, "errors": []}], "next": None if cursor else "more"}

    def job(self, state: str) -> dict[str, Any]:
        """The job in a state."""
        return {"id": "1", "state": state, "counts": {"lines": 3, "accepted": 1, "refused": 2}}


async def sent(importer: Importer, file: Path) -> Account:
    """What is told of a file that was sent."""
    async with served(importer.app()) as url:
        secrets = {"client_id": "me", "client_secret": "s"}
        stack = {"issuer": url, "services": {"caseload": url}, "clients": {"me": secrets}}
        destination = Destination(Client(stack, "me", "caseload"), PATH, NDJSON)
        return await asyncio.to_thread(send, destination, file, Console(file=io.StringIO()))


async def test_a_file_is_followed_until_every_line_is_told(tmp_path: Path) -> None:
    file = tmp_path / "past.ndjson"
    file.write_bytes(b"{}\n{}\n{}\n")
    importer = Importer("done")
    account = await sent(importer, file)
    assert importer.parts == [b"{}\n{}\n{}\n"]
    assert (importer.looks, len(importer.keys)) == (2, 1)
    assert dict(account.counts) == {"lines": 3, "accepted": 1, "refused": 2}
    assert [line for line, _ in account.refused] == [1, 2]
    assert account.unreadable == []


async def test_an_import_that_broke_down_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "past.ndjson"
    file.write_bytes(b"{}\n")
    account = await sent(Importer("failed"), file)
    assert account.unreadable == [BROKE_DOWN]
