"""One fault under load, from the first referral before it to a quiet house: a row of the table."""

import asyncio
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx

from deploy.local.region import load_region
from deploy.local.stack import Stack
from tests.chaos.faults import Fault, Ground, proxies
from tests.chaos.judging import Seen, Verdict, judge
from tests.chaos.load import Load
from tests.chaos.observing import counted, observe, order
from tests.chaos.proxy import Proxy
from tests.support.house import House, eventually

ASSIGNED, WAITING = "020", "049"
"""Where a team of ours has room for everybody, and where no team is: people wait."""
TEAM_WORKERS, WORKER_ROOM = 4, 1000
RATE = 10.0
BEFORE, DOCUMENTS = 20, 3
AFTER_SECONDS = 3.0
LONGEST_RECOVERY, LONGEST_QUIET = 90.0, 60.0
DISK = "size=900m,mode=755"
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
ON_THE_CLOCK = ("caseload",)


@dataclass(frozen=True)
class Row:
    """What a fault did."""

    fault: str
    accepted: int
    refused: int
    verdict: Verdict
    seconds: float

    @property
    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        found = self.verdict
        numbers = (self.accepted, self.refused, len(found.lost), len(found.doubled))
        return (self.fault, *map(str, numbers), str(len(found.wrong)), f"{self.seconds:.1f}")


async def row_of(ground: Ground, name: str, fault: Fault, *, rate: float = RATE) -> Row:
    """Lets the fault happen under load and looks at everything when the house is quiet again."""
    url = f"http://127.0.0.1:{ground.to_referral.port}"
    load = Load(ground.house, url, (ASSIGNED, WAITING), rate=rate)
    client_ref = await permitting(ground.house)
    async with load.running(client_ref, DOCUMENTS):

        async def steady() -> bool:
            return len(load.accepted_at) >= BEFORE

        await eventually(steady, seconds=LONGEST_RECOVERY)
        await fault(ground)
        seconds = await _recovered(ground.house, load)
        await asyncio.sleep(AFTER_SECONDS)
    verdict = await verdict_of(ground.house, load)
    accepted = sum(one.accepted for one in load.sent)
    return Row(name, accepted, len(load.sent) - accepted, verdict, seconds)


async def _recovered(house: House, load: Load) -> float:
    """Seconds from the end of the blow until a referral was taken again and it, and everything that
    was accepted before, had its place and its count. The load goes on meanwhile."""
    mended = time.monotonic()
    before = list(load.accepted_at)

    async def caught_up() -> bool:
        after = [one for one, at in load.accepted_at.items() if at > mended][:1]
        due = [*before, *after]
        try:
            return bool(after) and len(await counted(house, due)) == len(due)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False

    await eventually(caught_up, seconds=LONGEST_RECOVERY)
    return time.monotonic() - mended


async def verdict_of(house: House, load: Load) -> Verdict:
    """What is wrong when the house is quiet, or when it does not become so in time."""
    until = time.monotonic() + LONGEST_QUIET
    while True:
        verdict, seen = await _look(house, load)
        if verdict.clean or time.monotonic() > until:
            break
        await asyncio.sleep(0.5)
    displaced, never = await order(house)
    whole = replace(seen, out_of_order=displaced, never_sent=never)
    verdict = judge(load.sent, load.documents, whole)
    gone = load.looks[404] + load.looks[500]
    told = [f"{gone} looks at accepted referrals were answered by 404 or 500"] * bool(gone)
    fives = sum(one.answers.count(500) for one in load.sent)
    told += [f"{fives} referrals were answered by 500"] * bool(fives)
    return replace(verdict, wrong=[*verdict.wrong, *told])


async def _look(house: House, load: Load) -> tuple[Verdict, Seen]:
    try:
        keys = [one.key for one in load.sent]
        seen = await observe(house, keys, load.documents, (ASSIGNED, WAITING))
    except (OSError, TimeoutError, asyncpg.PostgresError, httpx.HTTPError) as error:
        return Verdict([], [], [f"nobody could look: {type(error).__name__}"]), Seen([], {})
    return judge(load.sent, load.documents, seen), seen


async def permitting(house: House) -> str:
    """Somebody whose documents may go into both records."""
    client_ref = str(uuid4())
    body = {
        "client_ref": client_ref,
        "direction": "social_to_health",
        "scope": "general",
        "given_by": "client",
        "form": "paper_signed",
        "recorded_by": house.stack.clients["worker"]["worker"],
    }
    (await house.post("worker", "consent", "/v1/consents", body)).raise_for_status()
    return client_ref


@asynccontextmanager
async def ground_of(broker: str) -> AsyncIterator[Ground]:
    """A whole stack on a small disk of its own, its services behind proxies, with the region."""
    with _folder() as (folder, disk):
        stack = Stack(folder / "data", broker=broker)  # type: ignore[arg-type]
        [referral] = [one for one in stack.services if one.name == "referral"]
        async with httpx.AsyncClient(timeout=30) as http:
            clock = _clock(folder)
            ground = Ground(
                House(stack, http),
                Proxy(referral.http_port),
                Proxy(stack.postgres.port),
                disk,
                clock,
            )
            async with proxies(ground):
                _wire(ground)
                try:
                    await asyncio.to_thread(stack.start)
                    await asyncio.to_thread(load_region, stack.urls, stack.token("admin"))
                    await _team(ground.house)
                    yield ground
                finally:
                    await asyncio.to_thread(stack.stop)


def _clock(folder: Path) -> Path | None:
    """The file that some processes read the time from, where the library for it is installed."""
    return folder / "clock" if FAKETIME.exists() else None


def _wire(ground: Ground) -> None:
    """Leads the services to PostgreSQL through its proxy, some of them by a clock of their own."""
    stack = ground.house.stack
    port = f":{stack.postgres.port}/"
    by_clock: Mapping[str, str] = {}
    if ground.clock is not None:
        ground.clock.write_text("+0")
        by_clock = {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(ground.clock),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "FAKETIME_CACHE_DURATION": "1",
        }
    for nth, service in enumerate(stack.services):
        address = service.settings["NOPSA_DATABASE_URL"]
        proxied = address.replace(port, f":{ground.to_postgres.port}/")
        clock = by_clock if service.name in ON_THE_CLOCK else {}
        settings = {**service.settings, **clock, "NOPSA_DATABASE_URL": proxied}
        stack.services[nth] = replace(service, settings=settings)


async def _team(house: House) -> None:
    team = await house.new_team("06", ASSIGNED, capacity_points=WORKER_ROOM)
    for _ in range(TEAM_WORKERS - 1):
        person = {
            "team": team,
            "profession": "social_worker",
            "employer_sector": "social",
            "capacity_points": WORKER_ROOM,
        }
        await house.put("admin", "caseload", f"/v1/workers/{uuid4()}", person)


@contextmanager
def _folder() -> Iterator[tuple[Path, Path | None]]:
    """A folder that PostgreSQL's user can enter; a small disk of its own where that may be."""
    folder = Path(tempfile.mkdtemp(prefix="nopsa-chaos-"))
    folder.chmod(0o755)
    disk = folder / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", str(disk)]
    mounted = subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        (disk / "data").mkdir()
        yield disk, disk if mounted else None
    finally:
        if mounted:
            command = ["umount", "--lazy", str(disk)]
            subprocess.run(command, check=False)
        shutil.rmtree(folder, ignore_errors=True)
