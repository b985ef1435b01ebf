"""Intake with everything on beside a bare handler in Python and one in Node, one worker each.

Everything: token, validation, idempotency key, matching, encryption, audit, outbox. First as many
as 32 connections get answered, then the latency at a constant rate that all can carry.
`NOPSA_BENCH_ROUNDS=2` is for a quick look.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from shutil import which
from statistics import median

import httpx
import pytest

from deploy.local.stack import Stack
from tests.benchmarks.anchors import Server, bare, connected, fastify, nopsa
from tests.benchmarks.measuring import Ratio, met, rounds, show, spread
from tests.benchmarks.pace import Latency
from tests.benchmarks.sending import latency_of
from tests.benchmarks.usage import family_seconds, processor_seconds
from tests.benchmarks.wrk import CONNECTIONS, load
from tests.support.bodies import new_key, referral_body
from tests.support.programs import needed

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

ROUNDS = rounds()
LOAD_SECONDS = 6.0
WARM_UP_SECONDS = 4.0
PACED_SECONDS = 6.0
SHARE_OF_SLOWEST = 0.4
"""The constant rate, of what the slowest server takes at most: a rate that all can carry."""
MUST, GOAL = 0.5, 1.0
FLOOR = 0.15
"""Less than this is no missed goal but something broken."""


@dataclass
class Runner:
    """One server, round by round."""

    server: Server
    rates: list[float] = field(default_factory=list)
    own_ms: list[float] = field(default_factory=list)
    database_ms: list[float] = field(default_factory=list)
    sender_share: list[float] = field(default_factory=list)
    answers: int = 0


@dataclass
class Race:
    """The servers, and the PostgreSQL that they share."""

    stack: Stack
    runners: dict[str, Runner]

    @property
    def token(self) -> str:
        """A sender's, fresh."""
        return self.stack.token("prison")

    @property
    def database_seconds(self) -> float:
        """What PostgreSQL has used of the processor."""
        return family_seconds(self.stack.pids()["postgres"])

    def rate_over(self, other: str) -> Ratio:
        """How nopsa's rate stands to another's, round by round."""
        return Ratio.of(self.runners["nopsa"].rates, self.runners[other].rates)


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    """The rates measured, all servers still there; the one in Node where there is a Node."""
    needed("wrk", comes_by="apt-get install wrk")
    with ExitStack() as running:
        stack, ours = running.enter_context(nopsa(tmp_path_factory.mktemp("intake")))
        servers = [ours, running.enter_context(bare(stack))]
        if which("node"):
            servers.append(running.enter_context(fastify(stack)))
        race = Race(stack, {server.name: Runner(server) for server in servers})
        for server in servers:
            assert refuses_less(server, race.token), f"{server.name} does not check bodies"
        measure_rates(race)
        yield race


def refuses_less(server: Server, token: str) -> bool:
    """Whether a referral without its contact person is refused."""
    body = referral_body()
    del body["contact_person"]
    answer = httpx.post(
        f"http://127.0.0.1:{server.port}/v1/referrals",
        json=body,
        headers={"Authorization": f"Bearer {token}"} | new_key(),
    )
    return answer.status_code in (400, 422)


def measure_rates(race: Race) -> None:
    """Each in every round, in turn, after a round that warms up."""
    for runner in race.runners.values():
        runner.answers += load(runner.server.port, race.token, WARM_UP_SECONDS).answers
        asyncio.run(analyse(runner.server))
    for _ in range(ROUNDS):
        for runner in race.runners.values():
            run(race, runner)
    for runner in race.runners.values():
        assert runner.server.rows() >= runner.answers, "an answer without its row"


async def analyse(server: Server) -> None:
    """What autovacuum does with a new table within a minute: plans that were made for empty tables
    end."""
    async with connected(server.dsn) as connection:
        await connection.execute("ANALYZE")


def run(race: Race, runner: Runner) -> None:
    """One round of one server."""
    own, database = processor_seconds(runner.server.pid), race.database_seconds
    sent = load(runner.server.port, race.token, LOAD_SECONDS)
    runner.answers += sent.answers
    runner.rates.append(sent.per_second)
    used = processor_seconds(runner.server.pid) - own
    runner.own_ms.append(used * 1000 / sent.answers)
    runner.database_ms.append((race.database_seconds - database) * 1000 / sent.answers)
    runner.sender_share.append(sent.own_cpu_seconds / sent.seconds * 100)


def test_intake_keeps_up_with_a_bare_handler(race: Race) -> None:
    columns = ("server", "answers/s", "CPU-ms each", "PostgreSQL's CPU-ms each", "wrk, % of a core")
    rows = [
        (
            runner.server.name,
            spread(runner.rates, ".0f"),
            spread(runner.own_ms, ".2f"),
            spread(runner.database_ms, ".2f"),
            spread(runner.sender_share, ".0f"),
        )
        for runner in race.runners.values()
    ]
    show(f"Intake, {CONNECTIONS} connections, {ROUNDS} x {LOAD_SECONDS:.0f} s", columns, rows)
    ratio = race.rate_over("bare")
    goals = [
        (f"rate, nopsa over bare >= {MUST} (must)", ratio, met(ratio.median >= MUST)),
        (f"rate, nopsa over bare >= {GOAL} (goal)", ratio, met(ratio.median >= GOAL)),
    ]
    show("Intake against a bare handler", ("goal", "measured (range)", "met"), goals)
    assert ratio.median >= FLOOR


def test_intake_is_told_beside_a_bare_handler_in_node(race: Race) -> None:
    needed("node", comes_by="apt-get install nodejs")
    rows = [("rate, nopsa over fastify", race.rate_over("fastify"), "-")]
    show("Intake against a bare handler in Node", ("told", "measured (range)", "met"), rows)


def test_answers_at_a_constant_rate_come_soon(race: Race) -> None:
    per_second = SHARE_OF_SLOWEST * min(median(one.rates) for one in race.runners.values())
    waits: dict[str, list[Latency]] = {name: [] for name in race.runners}
    for _ in range(ROUNDS):
        for name, runner in race.runners.items():
            sending = latency_of(runner.server.port, race.token, per_second, PACED_SECONDS)
            waits[name].append(asyncio.run(sending))
    rows = [(name, *told(each)) for name, each in waits.items()]
    title = f"Latency at a constant {per_second:.0f} a second, ms"
    show(title, ("server", "p50", "p95", "p99"), rows)


def told(each: list[Latency]) -> tuple[str, str, str]:
    """The three, over the rounds."""
    p50, p95, p99 = zip(*((one.p50, one.p95, one.p99) for one in each), strict=True)
    return spread(p50, ".1f"), spread(p95, ".1f"), spread(p99, ".1f")
