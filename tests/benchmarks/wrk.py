"""Requests as fast as they are answered: `wrk` on 32 connections, one thread.

wrk is a C program: it takes little of the two cores that it shares with what it measures.
"""

import json
import os
import resource
import signal
import subprocess
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import uuid4

from tests.support.bodies import referral_body
from tests.support.programs import needed

CONNECTIONS = 32
_SCRIPT = Path(__file__).with_name("requests.lua")
_PLACEHOLDERS = {
    "identity_code": "@CODE@",
    "given_name": "@GIVEN@",
    "family_name": "@FAMILY@",
    "phone": "@PHONE@",
}
PERSONS_A_RUN = 200_000
"""No run sends more than this, so that runs have no person in common."""
_runs = count()


@dataclass(frozen=True)
class Request:
    """What is sent; `@CODE@` and the like in the body are replaced by each person's."""

    path: str
    body: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """As the script is told it."""
        method = "POST" if self.body else "GET"
        return {"BENCH_METHOD": method, "BENCH_PATH": self.path, "BENCH_BODY": self.body}


REFERRAL = Request("/v1/referrals", json.dumps(referral_body(client=_PLACEHOLDERS)))


@dataclass(frozen=True)
class Load:
    """How one run went."""

    answers: int
    seconds: float
    own_cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


def load(
    port: int,
    token: str,
    seconds: float,
    *,
    request: Request = REFERRAL,
    limit: int | None = None,
    connections: int = CONNECTIONS,
) -> Load:
    """Sends for so long, or until so many are answered; fails unless every answer was 2xx."""
    wrk = needed("wrk", comes_by="apt-get install wrk")
    told = request.environment | {
        "BENCH_TOKEN": token,
        "BENCH_FIRST": str(next(_runs) * PERSONS_A_RUN),
        "BENCH_KEYS": f"{uuid4()}-",
        "BENCH_LIMIT": str(limit or ""),
    }
    options = ["--threads=1", f"--connections={connections}", f"--duration={seconds:.0f}s"]
    before = _children_seconds()
    with subprocess.Popen(
        [wrk, *options, "--timeout=10s", f"--script={_SCRIPT}", f"http://127.0.0.1:{port}"],
        env=os.environ | told,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        said = []
        for line in process.stdout or ():
            said.append(line)
            if line.startswith("ENOUGH"):
                # wrk alone would sleep until its time is over.
                process.send_signal(signal.SIGINT)
    output = "".join(said)
    assert process.returncode == 0, output
    line = next(line for line in said if line.startswith("TOLD "))
    result = json.loads(line.removeprefix("TOLD "))
    assert result["answers"] >= (limit or 1), output
    assert not result["bad"], output
    return Load(result["answers"], result["microseconds"] / 1e6, _children_seconds() - before)


def _children_seconds() -> float:
    """Of children that ended; what is measured goes on meanwhile and is not among them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
