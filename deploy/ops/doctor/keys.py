"""Whether the services' keys open what they keep. The service itself counts, in its own
environment: no key comes here."""

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any

from deploy.local.process import CODE_ROOT
from deploy.ops.doctor.finding import Finding

SEALING = ("referral", "caseload", "consent")
CONFIGURATION = 78


async def examine(name: str, environment: Mapping[str, str]) -> list[Finding]:
    """The keys of one service, if it seals anything."""
    what = f"{name}: keys"
    if name not in SEALING:
        return []
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"services.{name}.sealed", "count"),
        cwd=CODE_ROOT,
        env=dict(environment),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, complaints = await process.communicate()
    if process.returncode == CONFIGURATION:
        wrong = complaints.decode().strip()
        return [Finding(what, wrong=wrong, advice="Mend the service's environment.")]
    if process.returncode:
        wrong = "its rows could not be counted"
        return [Finding(what, wrong=wrong, advice="See to its database, then ask again.")]
    return [_judge(what, name, json.loads(told))]


def _judge(what: str, name: str, told: Mapping[str, Any]) -> Finding:
    rows: dict[str, int] = {}
    for by_key in told["in_use"].values():
        for key, count in by_key.items():
            rows[key] = rows.get(key, 0) + count
    lost = {key: count for key, count in rows.items() if key not in told["ring"]}
    if lost:
        return Finding(
            what,
            wrong="no key of the ring opens "
            + ", ".join(f"{count} rows sealed with {key}" for key, count in lost.items()),
            advice="Put those keys back behind the others in NOPSA_ENCRYPTION_KEYS of every "
            "process of the service.",
        )
    older = {key: count for key, count in rows.items() if key != told["current"]}
    if not older:
        return Finding(what, seen=f"{told['current']} seals everything")
    still = ", ".join(f"{key} ({count} rows)" for key, count in older.items())
    return Finding(what, seen=f"still needed: {still}; `nopsa rotate-keys {name}` renews them")
