"""The servers that are measured, each a process of one worker, and each with a database of its own
on the same PostgreSQL, which writes to disk: nopsa's referral service and the two anchors."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg

from deploy.local.ports import free_port
from deploy.local.probes import http_ready
from deploy.local.process import Command, end, launch, log_tail
from deploy.local.region import load_region
from deploy.local.services import Service
from deploy.local.stack import Stack
from services.referral.intake.schemas import ReferralBody
from tests.benchmarks.bare import TABLES
from tests.support.programs import needed

FASTIFY = Path(__file__).with_name("fastify")
UNLIMITED = {"NOPSA_RATE_PER_MINUTE": "10000000", "NOPSA_RATE_BURST": "1000000"}
"""The services' own limit on callers, out of the way."""
START_SECONDS = 30.0


@dataclass
class Server:
    """A process that takes referrals."""

    name: str
    port: int
    pid: int
    dsn: str
    table: str
    """Where each referral becomes one row."""

    def rows(self) -> int:
        """The referrals that it keeps."""
        return asyncio.run(_count(self.dsn, self.table))


@contextmanager
def nopsa(folder: Path) -> Iterator[tuple[Stack, Server]]:
    """The referral service with everything on, its event process at rest: the relay is measured by
    itself, and the anchors have none."""
    stack = Stack(folder, services=("referral",), env=UNLIMITED)
    stack.start()
    try:
        load_region(stack.urls, stack.token("admin"))
        stack.supervisor.stop("referral-worker")
        port = int(stack.urls["referral"].rpartition(":")[2])
        dsn = stack.dsns["referral"]
        yield stack, Server("nopsa", port, stack.pids()["referral"], dsn, "referrals")
    finally:
        stack.stop()


@contextmanager
def bare(stack: Stack) -> Iterator[Server]:
    """FastAPI and asyncpg."""
    port = free_port()
    with _anchor(stack, bare_command(port, stack.postgres.dsn("bare")), port) as server:
        yield server


def bare_command(port: int, dsn: str) -> Command:
    """How it is started, on a database that has its tables."""
    argv = [sys.executable, "-m", "tests.benchmarks.bare", str(port)]
    return Command("bare", argv, os.environ | {"DSN": dsn})


@contextmanager
def fastify(stack: Stack) -> Iterator[Server]:
    """Fastify and pg on Node; missing packages are installed, pinned by their lock."""
    node, npm = needed("node"), needed("npm")
    if not (FASTIFY / "node_modules").is_dir():
        install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(install, cwd=FASTIFY, check=True, timeout=120, capture_output=True)
    schema = stack.data_dir / "referral.schema.json"
    schema.write_text(json.dumps(ReferralBody.model_json_schema()))
    port = free_port()
    argv = [node, str(FASTIFY / "server.js"), str(schema), str(port)]
    env = os.environ | {"DSN": stack.postgres.dsn("fastify"), "NODE_ENV": "production"}
    with _anchor(stack, Command("fastify", argv, env), port) as server:
        yield server


@contextmanager
def _anchor(stack: Stack, command: Command, port: int) -> Iterator[Server]:
    name, dsn = command.name, command.env["DSN"]
    stack.postgres.create_databases([name])
    asyncio.run(_make(dsn, TABLES))
    with launched(command, port, stack.log_dir) as pid:
        yield Server(name, port, pid, dsn, "bare")


@contextmanager
def another(stack: Stack, name: str) -> Iterator[Server]:
    """The referral service once more, on a database of its own that is empty but for the region."""
    stack.postgres.create_databases([name])
    dsn = stack.postgres.dsn(name)
    address = dsn.replace("postgresql://", "postgresql+asyncpg://", 1)
    first = next(service for service in stack.services if service.name == "referral")
    settings = {**first.settings, "NOPSA_DATABASE_URL": address}
    port = free_port()
    command = Service("referral", settings, http_port=port).app_spec().command
    with launched(replace(command, name=name), port, stack.log_dir) as pid:
        load_region({"referral": f"http://127.0.0.1:{port}"}, stack.token("admin"))
        yield Server(name, port, pid, dsn, "referrals")


@contextmanager
def launched(command: Command, port: int, log_dir: Path) -> Iterator[int]:
    """A process of ours that answers on the port, its id; fails when it ends by itself."""
    log = log_dir / f"{command.name}.log"
    process = launch(command, log)
    try:
        _wait_until_ready(process, port, log)
        yield process.pid
        assert process.poll() is None, f"{command.name} ended early:\n{log_tail(log)}"
    finally:
        process.terminate()
        end(process, 10)


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not http_ready(port):
        assert process.poll() is None, f"ended with {process.returncode}:\n{log_tail(log)}"
        assert time.monotonic() < deadline, f"not ready in time:\n{log_tail(log)}"
        time.sleep(0.01)


async def _count(dsn: str, table: str) -> int:
    async with connected(dsn) as connection:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))


async def _make(dsn: str, tables: str) -> None:
    async with connected(dsn) as connection:
        await connection.execute(tables)


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection during the block."""
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()
