"""Looks at everything the house keeps of what was sent: four databases, the reports, the topics and
both record systems. It reads as an auditor would, beside the services."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from deploy.local.services import SERVICES
from shared.settings import KafkaSettings
from tests.chaos.judging import Kept, Seen
from tests.support.house import House
from tests.support.topics import read_all

RECORDS = ("social", "health")
DECISIONS = {"nopsa.case.referral-accepted.v1", "nopsa.case.waitlisted.v1"}
RECEIVED = "nopsa.referral.received.v1"
ORDERED = {"referral": ("nopsa.referral.v1", "nopsa.client.v1"), "caseload": ("nopsa.case.v1",)}
OPEN = "state IN ('open', 'replaying')"

Headers = dict[str, str]


@asynccontextmanager
async def database(house: House, service: str) -> AsyncIterator[asyncpg.Connection]:
    """A service's database, reached past every proxy."""
    admin = house.stack.postgres.admin_dsn
    connection = await asyncpg.connect(admin.rsplit("/", 1)[0] + f"/{service}", timeout=5)
    try:
        yield connection
    finally:
        await connection.close()


async def observe(
    house: House, keys: Sequence[str], documents: Sequence[str], municipalities: Iterable[str]
) -> Seen:
    """Everything but the topics, which `order` reads."""
    async with database(house, "referral") as referral, database(house, "caseload") as caseload:
        kept = await _kept(house, referral, caseload, keys)
        places = await _places(caseload, {one.client_ref for one in kept})
        here = "SELECT count(*) FROM referrals WHERE municipality = $1"
        reported = {
            place: (await referral.fetchval(here, place), await _reported(house, place))
            for place in municipalities
        }
    waiting, dead = 0, 0
    for service in SERVICES:
        async with database(house, service) as connection:
            waiting += await connection.fetchval("SELECT count(*) FROM outbox_queue")
            dead += await connection.fetchval(f"SELECT count(*) FROM dead_letters WHERE {OPEN}")
    return Seen(
        kept=kept,
        places=places,
        reported=reported,
        documents=await _documents(house, documents),
        waiting_events=waiting,
        dead_letters=dead,
    )


async def order(house: House) -> tuple[int, int]:
    """How many events first appeared on their topic before an earlier one of the same key, and how
    many never appeared, against the order in which the outboxes hold them."""
    wanted: dict[tuple[str, bytes], list[str]] = defaultdict(list)
    for service, topics in ORDERED.items():
        async with database(house, service) as connection:
            for row in await connection.fetch(
                "SELECT topic, key, event_id FROM outbox WHERE topic = ANY($1) ORDER BY id", topics
            ):
                wanted[row["topic"], row["key"]].append(str(row["event_id"]))
    expected = {one for ids in wanted.values() for one in ids}
    found: set[str] = set()
    appeared: dict[tuple[str, bytes], list[str]] = defaultdict(list)
    looked = 0

    def take(records: list[Any]) -> bool:
        nonlocal looked
        for record in records[looked:]:
            event_id = dict(record.headers)["ce_id"].decode()
            if event_id not in found:
                found.add(event_id)
                appeared[record.topic, record.key].append(event_id)
        looked = len(records)
        return expected <= found

    kafka = KafkaSettings(bootstrap=house.stack.kafka, fetch_max_wait_ms=20)
    await read_all(kafka, [one for topics in ORDERED.values() for one in topics], enough=take)
    displaced = sum(
        left != right
        for place, ids in wanted.items()
        for left, right in zip([one for one in ids if one in found], appeared[place], strict=False)
    )
    return displaced, len(expected - found)


async def _kept(
    house: House, referral: asyncpg.Connection, caseload: asyncpg.Connection, keys: Sequence[str]
) -> list[Kept]:
    rows = await referral.fetch(
        "SELECT id, external_id, client_ref, status FROM referrals WHERE external_id = ANY($1)",
        list(keys),
    )
    ids = [row["id"] for row in rows]
    traces: dict[UUID, list[str]] = defaultdict(list)
    for row in await referral.fetch(
        "SELECT subject_id, trace_id FROM audit"
        " WHERE action = 'referral.submit' AND subject_id = ANY($1)",
        ids,
    ):
        traces[row["subject_id"]].append(row["trace_id"])
    told = await _events(referral, "nopsa.referral.v1", {RECEIVED})
    decided = await _events(caseload, "nopsa.case.v1", DECISIONS)
    placed = await _placed(caseload, ids)
    in_reports = await counted(house, ids)
    return [
        Kept(
            referral_id=str(row["id"]),
            key=row["external_id"],
            client_ref=str(row["client_ref"]),
            status=row["status"],
            told=len(told[str(row["id"])]),
            audited=len(traces[row["id"]]),
            decided=len(decided[str(row["id"])]),
            placed=placed[row["id"]],
            counted=in_reports[row["id"]],
            traced={*told[str(row["id"])], *decided[str(row["id"])]} == {*traces[row["id"]]},
        )
        for row in rows
    ]


async def _events(
    connection: asyncpg.Connection, topic: str, types: set[str]
) -> Mapping[str, list[str]]:
    """The trace of each event of these types, by the referral that began it."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in await connection.fetch("SELECT headers FROM outbox WHERE topic = $1", topic):
        headers: Headers = dict(json.loads(row["headers"]))
        if headers["ce_type"] in types:
            trace = headers.get("traceparent", "--").split("-")[1]
            found[headers["ce_correlationid"]].append(trace)
    return found


async def _placed(caseload: asyncpg.Connection, ids: Sequence[UUID]) -> Counter[UUID]:
    """In how many cases or places of the waitlist each referral is."""
    rows = await caseload.fetch(
        "SELECT referral_id FROM case_referrals JOIN"
        " (SELECT id FROM cases UNION ALL SELECT id FROM waitlist) AS places"
        " ON places.id = case_id WHERE NOT again AND referral_id = ANY($1)",
        ids,
    )
    return Counter(row["referral_id"] for row in rows)


async def _places(caseload: asyncpg.Connection, clients: set[str]) -> Mapping[str, int]:
    rows = await caseload.fetch(
        "SELECT client_ref, count(*) AS n FROM"
        " (SELECT client_ref FROM cases UNION ALL SELECT client_ref FROM waitlist) AS places"
        " WHERE client_ref = ANY($1) GROUP BY client_ref",
        [UUID(one) for one in clients],
    )
    return {str(row["client_ref"]): row["n"] for row in rows}


async def counted(house: House, ids: Sequence[UUID]) -> Counter[UUID]:
    """Which referrals the reports count, with what became of them."""
    async with database(house, "analytics") as analytics:
        rows = await analytics.fetch(
            "SELECT referral_id FROM referral_facts WHERE referral_id = ANY($1)"
            " AND received_at IS NOT NULL AND (was_accepted OR was_waitlisted)",
            ids,
        )
    return Counter(row["referral_id"] for row in rows)


async def _reported(house: House, municipality: str) -> int:
    week = timedelta(days=7)
    period = {"from": str(date.today() - week), "to": str(date.today() + week)}
    path = "/v1/reports/referral-sources"
    answer = await house.get("admin", "analytics", path, municipality=municipality, **period)
    answer.raise_for_status()
    return sum(row["referrals"] for row in answer.json()["data"]["rows"])


async def _documents(house: House, documents: Sequence[str]) -> Mapping[str, tuple[str, int, int]]:
    async with database(house, "consent") as consent:
        rows = await consent.fetch(
            "SELECT id, state FROM documents WHERE id = ANY($1)", [UUID(one) for one in documents]
        )
    social, health = (_stored(house.stack.data_dir, record) for record in RECORDS)
    return {
        str(row["id"]): (row["state"], social[str(row["id"])], health[str(row["id"])])
        for row in rows
    }


def _stored(data_dir: Path, record: str) -> Counter[str]:
    path = data_dir / "lifecare" / f"{record}.db"
    with closing(sqlite3.connect(path)) as store:
        found = store.execute("SELECT document_id FROM documents WHERE content IS NOT NULL")
        return Counter(row[0] for row in found)
