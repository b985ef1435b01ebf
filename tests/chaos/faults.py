"""The faults, each a blow and its end. Names are what the table shows."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, OffsetAndMetadata
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.ports import free_port
from deploy.local.services import SERVICES
from shared.contracts.topics import ALL
from tests.chaos.observing import database
from tests.chaos.proxy import Cut, Proxy
from tests.support.house import House, eventually

RECORDS = ("lifecare-social", "lifecare-health")
JUMP_SECONDS = 150


class NotDone(RuntimeError):
    """This machine does not let the fault happen; the message says why."""


@dataclass
class Ground:
    """The house and what its faults need: proxies before the referral service and before
    PostgreSQL, the small disk if there is one, and the clock that some processes go by."""

    house: House
    to_referral: Proxy
    to_postgres: Proxy
    disk: Path | None
    clock: Path | None

    async def do(self, work: Callable[..., object], *arguments: object, **named: object) -> None:
        """Work of the supervisor, which waits."""
        await asyncio.to_thread(work, *arguments, **named)


Fault = Callable[[Ground], Awaitable[None]]


def killed(name: str) -> Fault:
    """Kill -9; who keeps the house up starts it again."""

    async def strike(ground: Ground) -> None:
        await ground.do(ground.house.stack.supervisor.kill, name)

    return strike


def paused(name: str, seconds: float, *, stands_in: bool = False) -> Fault:
    """SIGSTOP, long enough that everybody takes it for dead, then SIGCONT. With `stands_in` a
    second process of the same kind takes over meanwhile and then shares the work."""

    async def strike(ground: Ground) -> None:
        supervisor = ground.house.stack.supervisor
        twin = _twin(ground, name) if stands_in else None
        if twin:
            await ground.do(supervisor.start, twin)
        process = supervisor.pids()[name]
        os.kill(process, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            os.kill(process, signal.SIGCONT)
        if twin:
            await asyncio.sleep(2.0)
            await ground.do(supervisor.stop, twin)

    return strike


def _twin(ground: Ground, name: str) -> str:
    """A second event process of a service, on a port of its own."""
    [service] = [one for one in ground.house.stack.services if one.worker == name]
    other = replace(service, worker_port=free_port())
    spec = other.worker_spec()
    twin = replace(spec, command=replace(spec.command, name=f"{name}-2"))
    ground.house.stack.supervisor.add(twin)
    return twin.name


def cut(where: str, way: str, after: int, seconds: float = 3.0) -> Fault:
    """Every connection there ends half way, for a while."""

    async def strike(ground: Ground) -> None:
        proxy = ground.to_referral if where == "referral" else ground.to_postgres
        cutting = Cut("up" if way == "up" else "down", after)
        proxy.cut = cutting
        try:
            await asyncio.sleep(seconds)
        finally:
            proxy.cut = None
        if not cutting.done:
            raise NotDone("no connection was cut")

    return strike


async def disk_full(ground: Ground) -> None:
    """The disk under databases, log, spans and records is full, for a while."""
    if ground.disk is None:
        raise NotDone("no small disk could be mounted here; that takes root")
    ballast = ground.disk / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            for _ in range(60):
                _fill(file.fileno())
                await asyncio.sleep(0.1)
    finally:
        ballast.unlink()


def _fill(file: int) -> None:
    for size in (1 << 20, 1 << 12):
        try:
            while os.write(file, bytes(size)):
                pass
        except OSError:
            continue


async def clock_jumps(ground: Ground) -> None:
    """The clock of the caseload service's processes goes ahead, then back behind the others."""
    if ground.clock is None:
        raise NotDone("libfaketime is not installed here (Debian: faketime)")
    try:
        for offset in (f"+{JUMP_SECONDS}", f"-{JUMP_SECONDS}"):
            ground.clock.write_text(offset)
            await asyncio.sleep(4.0)
    finally:
        ground.clock.write_text("+0")


async def read_again(ground: Ground) -> None:
    """Every group of ours begins every topic anew."""
    supervisor = ground.house.stack.supervisor
    workers = [f"{name}-worker" for name in SERVICES] + list(RECORDS)
    await ground.do(supervisor.stop, *workers)
    try:
        await _to_the_beginning(ground.house.stack.kafka)
    finally:
        await asyncio.gather(*(ground.do(supervisor.start, name) for name in workers))


async def _to_the_beginning(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        groups = sorted({group for group, *_ in await admin.list_consumer_groups()})
    finally:
        await admin.close()
    for group in groups:
        if group.startswith(("nopsa-", "lifecare-")):
            await _rewind(bootstrap, group)


async def _rewind(bootstrap: str, group: str) -> None:
    """As a member of the group, alone in it: not every broker lets anybody else commit."""
    consumer = AIOKafkaConsumer(
        *ALL,
        bootstrap_servers=bootstrap,
        group_id=group,
        enable_auto_commit=False,
        session_timeout_ms=6000,
    )
    await consumer.start()
    try:

        async def alone() -> bool:
            return {place.topic for place in consumer.assignment()} == set(ALL)

        await eventually(alone)
        known = [one for one in consumer.assignment() if await consumer.committed(one) is not None]
        await consumer.commit({place: OffsetAndMetadata(0, "") for place in known})
    finally:
        await consumer.stop()


async def sent_again_shuffled(ground: Ground) -> None:
    """Everything that was published comes a second time, in no order at all."""
    rows = []
    for service in SERVICES:
        async with database(ground.house, service) as connection:
            rows += await connection.fetch(
                "SELECT topic, key, value, headers FROM outbox WHERE topic = ANY($1)"
                " AND id NOT IN (SELECT outbox_id FROM outbox_queue) ORDER BY id DESC LIMIT 4000",
                list(ALL),
            )
    Random(8).shuffle(rows)
    producer = AIOKafkaProducer(
        bootstrap_servers=ground.house.stack.kafka, enable_idempotence=False, acks=1, linger_ms=5
    )
    await producer.start()
    try:
        for row in rows:
            await producer.send(
                row["topic"], row["value"], key=row["key"], headers=_headers(row["headers"])
            )
        await producer.flush()
    finally:
        await producer.stop()


def _headers(text: str) -> list[tuple[str, bytes]]:
    return [(name, value.encode("latin-1")) for name, value in json.loads(text)]


@asynccontextmanager
async def proxies(ground: Ground) -> AsyncIterator[None]:
    """Both proxies, for as long as the block lasts."""
    await ground.to_referral.start()
    await ground.to_postgres.start()
    try:
        yield
    finally:
        await ground.to_referral.stop()
        await ground.to_postgres.stop()


def faults(session_seconds: float) -> Mapping[str, Fault]:
    """All of them, in the order in which they happen. A pause lasts beyond the session time-out."""
    beyond = session_seconds + 3.0
    workers = [f"{name}-worker" for name in SERVICES]
    return {
        "nothing": _nothing,
        **{f"kill -9 {name}": killed(name) for name in (*SERVICES, *workers, *RECORDS)},
        "kill -9 PostgreSQL": killed("postgres"),
        "kill -9 the broker": killed("broker"),
        "pause referral": paused("referral", 4.0),
        "pause referral-worker": paused("referral-worker", beyond, stands_in=True),
        "pause caseload-worker": paused("caseload-worker", beyond, stands_in=True),
        "pause analytics-worker": paused("analytics-worker", beyond),
        "pause PostgreSQL": paused("postgres", 4.0),
        "pause the broker": paused("broker", beyond),
        "cut requests half way": cut("referral", "up", 300),
        "cut answers half way": cut("referral", "down", 20),
        "cut statements half way": cut("postgres", "up", 200),
        "cut results half way": cut("postgres", "down", 1),
        "clock jumps": clock_jumps,
        "everything read again": read_again,
        "everything sent again, shuffled": sent_again_shuffled,
        "disk full": disk_full,
    }


async def _nothing(_: Ground) -> None:
    """What the table looks like without a fault."""
