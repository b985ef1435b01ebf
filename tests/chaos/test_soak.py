"""A week of work, and each day another dependency is down for a part of it: at the end everything
is there once."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime

import httpx
import pytest

from deploy.simulate.plan import Plan, plan_of
from deploy.simulate.scale import Scale
from deploy.simulate.sending import NotSettled, Sender
from shared.calendar import FINLAND
from tests.chaos.faults import Ground
from tests.chaos.load import Load
from tests.chaos.observing import database
from tests.chaos.running import ASSIGNED, WAITING, ground_of, permitting, verdict_of

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

WEEK: Mapping[str, tuple[str, ...]] = {
    "Monday": ("broker",),
    "Tuesday": ("postgres",),
    "Wednesday": ("issuer",),
    "Thursday": ("lifecare-social",),
    "Friday": ("lifecare-health", "consent", "consent-worker"),
    "Saturday": ("caseload", "caseload-worker"),
    "Sunday": ("analytics-worker", "referral-worker"),
}
"""What is down on which day, all of it at once."""
DOWN_SECONDS, UP_SECONDS = 4.0, 6.0
RATE, DOCUMENTS = 5.0, 40
SCALE = Scale(8, "18", 5, datetime.now(FINLAND).date(), workers=1)
ROUNDS = 10


@pytest.fixture(scope="module")
async def ground(broker: str) -> AsyncIterator[Ground]:
    """A whole stack."""
    async with ground_of(broker) as made:
        yield made


async def test_a_week_in_which_everything_fails_once_loses_nothing(ground: Ground) -> None:
    house = ground.house
    plan = plan_of(SCALE)
    url = f"http://127.0.0.1:{ground.to_referral.port}"
    load = Load(house, url, (ASSIGNED, WAITING), rate=RATE)
    client_ref = await permitting(house)
    async with load.running(client_ref, DOCUMENTS):
        working = asyncio.create_task(asyncio.to_thread(_work, ground, plan))
        for down in WEEK.values():
            await asyncio.sleep(UP_SECONDS)
            await ground.do(house.stack.supervisor.stop, *down)
            await asyncio.sleep(DOWN_SECONDS)
            for name in down:
                await ground.do(house.stack.supervisor.start, name)
        await working
    verdict = await verdict_of(house, load)
    assert verdict.clean, str(verdict)
    assert await _done(ground, plan) == _planned(plan)
    again = await asyncio.to_thread(_send, ground, plan)
    assert "calls" not in again, f"sent once more, {again['calls']} calls were new"
    assert await _done(ground, plan) == _planned(plan)


def _work(ground: Ground, plan: Plan) -> None:
    """Teams at work, who begin again where a fault stopped them."""
    for left in reversed(range(ROUNDS)):
        try:
            _send(ground, plan)
        except (httpx.HTTPError, NotSettled):
            if not left:
                raise
        else:
            return


def _send(ground: Ground, plan: Plan) -> Mapping[str, int]:
    sender = Sender(ground.house.stack.ready_document(), lambda *_: None)
    sender.send(plan)
    return sender.counts


def _planned(plan: Plan) -> Mapping[str, int]:
    """How many cases, goals and points of motivation the week brings."""
    paths = [step.path for story in plan.stories for step in story.steps]
    return {
        "cases": sum(map(len, plan.cases.values()))
        + sum(story.referral is not None for story in plan.stories)
        + sum(path.endswith("/return") for path in paths),
        "goals": sum(path.endswith("/goals") for path in paths),
        "motivation_points": sum(path.endswith("/motivation") for path in paths),
    }


async def _done(ground: Ground, plan: Plan) -> Mapping[str, int]:
    """How many there are."""
    teams = [team.id for team in plan.teams]
    ours = "case_id IN (SELECT id FROM cases WHERE team = ANY($1))"
    wanted = {
        "cases": "SELECT count(*) FROM cases WHERE team = ANY($1)",
        "goals": f"SELECT count(*) FROM goals WHERE {ours}",
        "motivation_points": f"SELECT count(*) FROM motivation_points WHERE {ours}",
    }
    async with database(ground.house, "caseload") as caseload:
        return {name: await caseload.fetchval(query, teams) for name, query in wanted.items()}
