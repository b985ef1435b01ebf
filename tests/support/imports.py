"""Files of referrals, sent as a partner's system sends them and followed to their last line."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

from services.referral.imports.processing import Importer
from services.referral.settings import Settings
from shared.db import Database
from tests.support.bodies import referral_body

NDJSON = "application/x-ndjson"
CSV = "text/csv"
CSV_HEADER = (
    "external_id;urgency;lawful_basis;client.family_name;client.phone;client.language;"
    "client.municipality;client.non_disclosure_order;reasons;contact_person.name"
)


def ndjson(bodies: Iterable[Any]) -> bytes:
    """The bodies, one a line."""
    return b"".join(json.dumps(body, ensure_ascii=False).encode() + b"\n" for body in bodies)


def numbered(count: int, first: int = 1) -> list[dict[str, Any]]:
    """So many referrals, each of another person with a phone of their own."""
    return [
        referral_body(external_id=f"B-{n}", client={"phone": f"+35840{n:07}"})
        for n in range(first, first + count)
    ]


def csv_row(external_id: str, name: str = "Oja", **cells: str) -> str:
    """A row under `CSV_HEADER`."""
    told = {"phone": "+358 40 123 4567", "municipality": "398", "order": "EPÄTOSI"} | cells
    return (
        f"{external_id};urgent;consent;{name};{told['phone']};fi;{told['municipality']};"
        f"{told['order']};release|homelessness;Siiri"
    )


def csv(*rows: str, encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    """A file under `CSV_HEADER`."""
    return end.join([CSV_HEADER, *rows, ""]).encode(encoding)


@asynccontextmanager
async def importing(settings: Settings, workers: int = 1) -> AsyncIterator[None]:
    """Workers that take imports for a while, quick to look and quick to take over."""
    quick = settings.model_copy(update={"job_poll_seconds": 0.05, "job_lease_seconds": 1.0})
    database = Database(quick)
    runners = [Importer(quick, database).runner for _ in range(workers)]
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        await database.close()
