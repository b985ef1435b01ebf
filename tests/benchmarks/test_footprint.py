"""What the product needs: processor for a referral, with little and with much stored, time to
start, memory after many requests.

`NOPSA_BENCH_ROUNDS=2`, `NOPSA_BENCH_STORED=50000` and `NOPSA_BENCH_REQUESTS=4000` are for a quick
look.
"""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.ports import free_port
from deploy.local.process import Command
from deploy.local.region import load_region
from deploy.local.stack import Stack
from tests.benchmarks.anchors import UNLIMITED, Server, another, bare, bare_command, launched
from tests.benchmarks.measuring import Ratio, met, rounds, show, spread
from tests.benchmarks.million import fill
from tests.benchmarks.sending import latency_of
from tests.benchmarks.usage import family_seconds, processor_seconds, resident_megabytes
from tests.benchmarks.wrk import REFERRAL, Request, load

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1500)]

ROUNDS = rounds()
REQUESTS = int(os.environ.get("NOPSA_BENCH_REQUESTS", "100000"))
STORED = int(os.environ.get("NOPSA_BENCH_STORED", "1000000"))
SAMPLES = 4000
PIPELINE_PER_SECOND, PIPELINE_SECONDS = 10.0, 20.0
IDLE_SECONDS = 10.0
POST_PER_SECOND, POST_SECONDS = 50.0, 5.0
LOAD_CONNECTIONS = 8
LONGEST_LOAD = 560.0
MEMORY_GOAL, DRIFT_GOAL, STORED_GOAL = 2.0, 1.05, 1.2


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole product on a PostgreSQL that writes to disk."""
    stack = Stack(tmp_path_factory.mktemp("footprint"), env=UNLIMITED)
    stack.start()
    try:
        load_region(stack.urls, stack.token("admin"))
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def resting(stack: Stack) -> Stack:
    """The same without its event processes: the HTTP processes by themselves."""
    apart = [name for name in stack.pids() if name.endswith("-worker") or "lifecare" in name]
    stack.supervisor.stop(*apart)
    return stack


def port_of(stack: Stack, service: str) -> int:
    """Where a service answers."""
    return next(one.http_port for one in stack.services if one.name == service)


def used(stack: Stack) -> dict[str, float]:
    """The processor seconds of all processes so far, by their kind."""
    total: dict[str, float] = {}
    for name, pid in stack.pids().items():
        total[kind_of(name)] = total.get(kind_of(name), 0.0) + family_seconds(pid)
    return total


def kind_of(process: str) -> str:
    """A word for what a process is."""
    if process in ("postgres", "broker"):
        return process
    if process.endswith("-worker"):
        return "event processes"
    return (
        "HTTP processes" if process in ("referral", "caseload", "consent", "analytics") else "rest"
    )


def test_a_referral_through_the_whole_pipeline_costs_so_much(stack: Stack) -> None:
    token, port = stack.token("prison"), port_of(stack, "referral")
    asyncio.run(latency_of(port, token, PIPELINE_PER_SECOND, 3))
    time.sleep(5)
    before = used(stack)
    time.sleep(IDLE_SECONDS)
    idle = {kind: (now - before[kind]) / IDLE_SECONDS for kind, now in used(stack).items()}
    before, began = used(stack), time.monotonic()
    asyncio.run(latency_of(port, token, PIPELINE_PER_SECOND, PIPELINE_SECONDS))
    time.sleep(5)
    took, sent = time.monotonic() - began, PIPELINE_PER_SECOND * PIPELINE_SECONDS
    assert not unanswered(stack)
    gross = {kind: (now - before[kind]) * 1000 / sent for kind, now in used(stack).items()}
    net = {kind: gross[kind] - idle[kind] * took * 1000 / sent for kind in gross}
    rows = [(kind, f"{net[kind]:.1f}", f"{idle[kind] * 100:.1f}") for kind in gross]
    rows.append(("all", f"{sum(net.values()):.1f}", f"{sum(idle.values()) * 100:.1f}"))
    title = f"Processor of the whole product at {PIPELINE_PER_SECOND:.0f} referrals a second"
    show(title, ("", "CPU-ms a referral, above idle", "idle, % of a core"), rows)


def unanswered(stack: Stack) -> int:
    """Referrals that no team has yet."""
    server = Server("", 0, 0, stack.dsns["referral"], "referrals WHERE status = 'requested'")
    return server.rows()


def test_a_million_stored_referrals_make_the_next_no_dearer(resting: Stack) -> None:
    with ExitStack() as running:
        servers = [running.enter_context(another(resting, name)) for name in ("empty", "stored")]
        full = servers[-1]
        for server in servers:
            load(server.port, resting.token("prison"), 60, limit=SAMPLES // 8)
        load(full.port, resting.token("prison"), 60, limit=SAMPLES)
        began = time.monotonic()
        stored = asyncio.run(fill(resting.postgres.admin_dsn, full.name, STORED))
        filled = time.monotonic() - began
        costs: dict[str, list[tuple[float, float]]] = {"empty": [], "stored": []}
        for _ in range(ROUNDS + 1):
            for server in servers:
                costs[server.name].append(cost_of(resting, server))
    ratios = [
        Ratio.of(
            [one[nth] for one in costs["stored"][1:]], [one[nth] for one in costs["empty"][1:]]
        )
        for nth in (0, 1)
    ]
    names = ("CPU-ms of service and PostgreSQL", "p50 in ms")
    rows = [
        (
            f"{name}, stored / empty <= {STORED_GOAL}",
            *(spread([one[nth] for one in costs[which][1:]], ".2f") for which in costs),
            ratios[nth],
            met(ratios[nth].median <= STORED_GOAL),
        )
        for nth, name in enumerate(names)
    ]
    title = (
        f"POST at {POST_PER_SECOND:.0f} a second beside {stored} stored (filled in {filled:.0f} s)"
    )
    show(title, ("goal", "empty", "stored", "measured (range)", "met"), rows)
    assert all(ratio.median <= STORED_GOAL for ratio in ratios), "what was kept is lost"


def cost_of(stack: Stack, server: Server) -> tuple[float, float]:
    """CPU-ms of a referral in the service and PostgreSQL, and the median latency."""
    postgres = stack.pids()["postgres"]
    before = processor_seconds(server.pid) + family_seconds(postgres)
    token = stack.token("prison")
    latency = asyncio.run(latency_of(server.port, token, POST_PER_SECOND, POST_SECONDS))
    spent = processor_seconds(server.pid) + family_seconds(postgres) - before
    return spent * 1000 / (POST_PER_SECOND * POST_SECONDS), latency.p50


def test_each_service_starts_soon(resting: Stack) -> None:
    with bare(resting) as anchor:
        commands = {one.name: one.app_spec().command for one in resting.services}
        dsn = anchor.dsn
    times: dict[str, list[float]] = {name: [] for name in ("bare", *commands)}
    for _ in range(ROUNDS):
        for name in times:
            port = free_port()
            command = (
                bare_command(port, dsn)
                if name == "bare"
                else replace(
                    commands[name], env={**commands[name].env, "NOPSA_HTTP_PORT": str(port)}
                )
            )
            times[name].append(seconds_to_answer(command, port, resting.log_dir))
    rows = [
        (name, spread(taken, ".2f"), Ratio.of(taken, times["bare"]))
        for name, taken in times.items()
    ]
    title = f"Seconds from the start to the first 200 of /readyz, {ROUNDS} starts"
    show(title, ("server", "s", "over bare (range)"), rows)


def seconds_to_answer(command: Command, port: int, log_dir: Path) -> float:
    """Starts the process, and ends it when it has answered."""
    began = time.perf_counter()
    with launched(replace(command, name=f"{command.name}-start"), port, log_dir):
        return time.perf_counter() - began


DECISION = {
    "client_ref": str(uuid4()),
    "requester": {"organisation": "1.2.246.10.1", "sector": "health"},
    "purpose": "care",
    "data_class": "joint_plan",
    "direction": "social_to_health",
}
ASKED: dict[str, tuple[str, Request]] = {
    "bare": ("prison", REFERRAL),
    "referral": ("prison", REFERRAL),
    "caseload": ("worker", Request("/v1/cases")),
    "consent": ("worker", Request("/v1/decisions", json.dumps(DECISION))),
    "analytics": ("analyst", Request("/v1/reports")),
}
"""What each server is asked, and by whom."""
SELDOM = {"analytics": 10}
"""Asked so many times less: the list of its reports is 36 kB."""


def test_memory_stays_where_it_is(resting: Stack) -> None:
    with bare(resting) as anchor:
        ports = {"bare": anchor.port} | {one.name: one.http_port for one in resting.services}
        pids = resting.pids() | {"bare": anchor.pid}

        def ask(name: str) -> Step:
            who, request = ASKED[name]
            # A token lives ten minutes, longer than any load here.
            asked = load(
                ports[name],
                resting.token(who),
                LONGEST_LOAD,
                request=request,
                limit=REQUESTS // 2 // SELDOM.get(name, 1),
                connections=LOAD_CONNECTIONS,
            )
            return Step(resident_megabytes(pids[name]), asked.per_second)

        with ThreadPoolExecutor(len(ports)) as pool:
            half = dict(zip(ports, pool.map(ask, ports), strict=True))
            whole = dict(zip(ports, pool.map(ask, ports), strict=True))
    columns = ("server", f"after {REQUESTS // 2}", f"after {REQUESTS}", "over bare", "<= 2 met")
    title = "Memory of the HTTP processes, MB resident"
    rows = [memory_row(name, half[name], whole[name], whole["bare"]) for name in ports]
    show(title, (*columns, "drift %", "<= 5 % met", "answers/s, all at once"), rows)
    for name in ports:
        assert whole[name].megabytes <= DRIFT_GOAL * half[name].megabytes, f"{name} grows"


@dataclass(frozen=True)
class Step:
    """A server after some requests: its memory, and how many it answered a second."""

    megabytes: float
    per_second: float


def memory_row(name: str, half: Step, whole: Step, bare: Step) -> tuple[str, ...]:
    """As the table tells it."""
    ratio = whole.megabytes / bare.megabytes
    drift = whole.megabytes / half.megabytes
    seldom = f" (asked {SELDOM[name]} times less)" if name in SELDOM else ""
    return (
        name + seldom,
        f"{half.megabytes:.0f}",
        f"{whole.megabytes:.0f}",
        f"{ratio:.2f}",
        "-" if name == "bare" else met(ratio <= MEMORY_GOAL),
        f"{(drift - 1) * 100:+.1f}",
        met(drift <= DRIFT_GOAL),
        f"{whole.per_second:.0f}",
    )
