"""A simulated region goes in through the public interfaces, and a second run adds nothing."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.simulate.plan import plan_of
from deploy.simulate.scale import Scale
from deploy.simulate.sending import Sender
from shared.calendar import FINLAND
from tests.support.house import House, eventually

SEED, COUNTY, WEEKS = 3, "18", 5
TODAY = datetime.now(FINLAND).date()
SCALE = Scale(SEED, COUNTY, WEEKS, TODAY, workers=1)
COUNTED = ("client-flow", "visits", "goals", "consents", "handovers", "referral-sources")


def nopsa_simulate(ready_file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.cli.main", "simulate", "--ready-file", str(ready_file)]
    asked = ["--years", "0.1", "--seed", str(SEED), "--county", COUNTY, "--workers", "1"]
    return subprocess.run(
        [*command, *asked], capture_output=True, text=True, timeout=120, check=False
    )


def sent_as_if_broken_off(ready_file: Path) -> dict[str, int]:
    """Much is sent once more, as it would be when nobody knew how far the first run came."""
    sender = Sender(json.loads(ready_file.read_text()), lambda *_: None)
    standing = sender.standing(SCALE)
    assert standing is not None
    plan = plan_of(SCALE.standing_on(standing.until))
    sender.send(replace(plan, stories=plan.stories[::3]))
    return sender.counts


async def figures(house: House) -> dict[str, Any]:
    """What the reports say of the county."""
    period = {"from": str(TODAY - timedelta(days=90)), "to": str(TODAY)}
    found = {}
    for name in COUNTED:
        path = f"/v1/reports/{name}"
        answer = await house.get("admin", "analytics", path, county=COUNTY, **period)
        found[name] = answer.json()["data"]
    return found


async def test_weeks_of_a_county_are_simulated_once_and_all_reports_tell_of_them(
    house: House, tmp_path: Path
) -> None:
    ready_file = tmp_path / "ready.json"
    house.stack.publish(ready_file)
    first = await asyncio.to_thread(nopsa_simulate, ready_file)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "/dashboard?from=" in first.stdout.replace("\n", "")

    async def counted() -> dict[str, Any] | None:
        found = await figures(house)
        whole = (
            found["client-flow"]["open_at_end"],
            found["visits"]["cancelled"],
            found["goals"]["attained"],
            found["consents"]["rows"],
            found["handovers"]["confirmed"],
        )
        return found if all(whole) else None

    await eventually(counted)
    again = await asyncio.to_thread(nopsa_simulate, ready_file)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing was sent" in again.stdout
    repeated = await asyncio.to_thread(sent_as_if_broken_off, ready_file)
    assert repeated["past cases"] == 0
    assert repeated["calls sent before"] > 50
    assert "calls" not in repeated
