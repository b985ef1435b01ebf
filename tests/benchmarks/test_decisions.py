"""How long a decision takes, beside the least that the same service can be asked.

Decisions read the client's consents, denials and aliases, decide, and write an audit row in a
transaction that is on disk before the answer. The anchor goes through the same door (token, log,
metrics) and reads one row that is not there.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from uuid import uuid4

import httpx
import pytest

from deploy.local.stack import Stack
from tests.benchmarks.measuring import Ratio, show
from tests.benchmarks.pace import Latency, at_rate
from tests.support.house import House

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

CLIENTS = 200
PER_SECOND = 40.0
SECONDS = 5.0
ROUNDS = 7
WORKER = "worker"


@pytest.fixture
async def consent(tmp_path: Path) -> AsyncIterator[House]:
    """The consent service as a process, on a PostgreSQL that writes to disk."""
    stack = Stack(tmp_path, services=("consent",), env={"NOPSA_RATE_PER_MINUTE": "600000"})
    stack.start()
    try:
        async with httpx.AsyncClient(timeout=30) as http:
            yield House(stack, http)
    finally:
        stack.stop()


async def consenting(house: House) -> list[str]:
    """Clients, of whom every other one consents to a joint plan for health."""
    refs = [str(uuid4()) for _ in range(CLIENTS)]
    for ref in refs[::2]:
        body = {
            "client_ref": ref,
            "direction": "social_to_health",
            "scope": "general",
            "given_by": "client",
            "form": "digital",
            "recorded_by": house.stack.clients[WORKER]["worker"],
        }
        given = await house.post(WORKER, "consent", "/v1/consents", body)
        given.raise_for_status()
    return refs


async def test_a_decision_takes_little_more_than_any_answer(consent: House) -> None:
    refs = await consenting(consent)

    async def decide(nth: int) -> None:
        question = {
            "client_ref": refs[nth % CLIENTS],
            "requester": {"organisation": "1.2.246.10.1", "sector": "health"},
            "purpose": "care",
            "data_class": "joint_plan",
            "direction": "social_to_health",
        }
        answer = await consent.post(WORKER, "consent", "/v1/decisions", question)
        assert answer.json()["decision"] == ("deny" if nth % CLIENTS % 2 else "permit")

    async def look(_: int) -> None:
        answer = await consent.get(WORKER, "consent", f"/v1/consents/{uuid4()}")
        assert answer.status_code == 404

    decisions, looks = [], []
    for _ in range(ROUNDS + 1):
        decisions.append(await at_rate(decide, per_second=PER_SECOND, seconds=SECONDS))
        looks.append(await at_rate(look, per_second=PER_SECOND, seconds=SECONDS))
    report(decisions[1:], looks[1:])


def report(decisions: list[Latency], looks: list[Latency]) -> None:
    """Prints both, and how they stand to each other."""
    rows = []
    for name in ("p50", "p99"):
        mine, theirs = ([getattr(one, name) for one in each] for each in (decisions, looks))
        ratio = Ratio(tuple(a / b for a, b in zip(mine, theirs, strict=True)))
        rows.append((name, f"{median(mine):.1f}", f"{median(theirs):.1f}", ratio))
    title = f"POST /v1/decisions at {PER_SECOND:.0f} a second; times in ms"
    show(title, ("", "decision", "a look that finds nothing", "ratio"), rows)
