"""Erasing what is past its time: what goes, what stays, and what happens in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.referral import housekeeping
from services.referral.retention import erasing
from services.referral.retention.erasing import Eraser
from services.referral.tables import RetentionRun
from shared.db import Database
from shared.jobs import Lease
from tests.integration.referral.conftest import Service
from tests.support.bodies import IDENTITY_CODES, referral_body
from tests.support.house import eventually

PATH = "/v1/retention-runs"
LONG_AGO = timedelta(days=11 * 365)
NOT_SO_LONG_AGO = timedelta(days=9 * 365)
CODED = {"identity_code": IDENTITY_CODES[0]}


def admin(service: Service) -> dict[str, str]:
    return service.mint.headers("retention:admin", client_id="admin")


@asynccontextmanager
async def erasing_worker(service: Service) -> AsyncIterator[None]:
    """A worker that takes retention runs for a while."""
    quick = service.settings.model_copy(update={"job_poll_seconds": 0.05, "job_lease_seconds": 1.0})
    database = Database(quick)
    task = asyncio.create_task(Eraser(quick, database).runner.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await database.close()


async def start(service: Service, **body: Any) -> httpx.Response:
    return await service.http.post(PATH, json=body, headers=admin(service))


async def finished(service: Service, run: dict[str, Any]) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        answer = await service.http.get(f"{PATH}/{run['id']}", headers=admin(service))
        view: dict[str, Any] = answer.json()
        return view if view["state"] in ("done", "failed") else None

    return await eventually(look)


async def run(service: Service, **body: Any) -> dict[str, Any]:
    """A whole retention run, real unless told otherwise; its report."""
    answer = await start(service, **({"dry_run": False} | body))
    assert answer.status_code == 202, answer.text
    async with erasing_worker(service):
        done = await finished(service, answer.json())
    assert done["state"] == "done"
    report: dict[str, Any] = done["report"]
    return report


async def refer(service: Service, kind: str = "prison", **changes: Any) -> UUID:
    answer = await service.post(kind, referral_body(**changes))
    answer.raise_for_status()
    return UUID(answer.json()["id"])


async def end(service: Service, referral_id: UUID, ago: timedelta = LONG_AGO) -> None:
    """The team ended its work so long ago."""
    await service.rows(
        "UPDATE referrals SET status = 'completed', ended_at = $2 WHERE id = $1",
        referral_id,
        datetime.now(UTC) - ago,
    )


async def take_back(service: Service, referral_id: UUID, action: str, ago: timedelta) -> None:
    """The sender took it back so long ago, in words of its own."""
    status = {"cancel": "cancelled", "mark_entered_in_error": "entered-in-error"}[action]
    await service.rows("UPDATE referrals SET status = $2 WHERE id = $1", referral_id, status)
    await service.rows(
        "INSERT INTO referral_changes (id, referral_id, action, fields, content_sealed, changed_at)"
        " VALUES ($1, $2, $3, '[]', 'words', $4)",
        uuid4(),
        referral_id,
        action,
        datetime.now(UTC) - ago,
    )


async def one(service: Service, table: str, key: str, value: UUID) -> Any:
    (row,) = await service.rows(f"SELECT * FROM {table} WHERE {key} = $1", value)
    return row


async def ref_of(service: Service, referral_id: UUID) -> UUID:
    found: UUID = (await one(service, "referrals", "id", referral_id))["client_ref"]
    return found


def matter(report: dict[str, Any], name: str = "working_age_services") -> dict[str, Any]:
    (line,) = (line for line in report["matters"] if line["matter"] == name)
    found: dict[str, Any] = line
    return found


async def test_what_identifies_is_erased_and_the_pseudonymous_rest_stays(service: Service) -> None:
    past = await refer(
        service,
        external_id="P-1",
        client=CODED,
        housing={"status": "at_risk", "arrears_eur": "2150.00"},
    )
    await end(service, past)
    before = await one(service, "referrals", "id", past)
    events = await service.rows("SELECT event_id, value FROM outbox ORDER BY id")
    report = await run(service)
    after = await one(service, "referrals", "id", past)
    person = await one(service, "clients", "client_ref", before["client_ref"])
    assert (after["content_sealed"], after["content_fingerprint"]) == (b"", b"")
    assert (after["external_id"], after["housing"]) == (None, None)
    assert (person["identity_sealed"], person["identity_index"]) == (b"", None)
    assert await service.count("client_keys") == 0
    assert None not in (after["erased_at"], person["erased_at"])
    kept = ("reference", "source_kind", "reasons", "urgency", "status", "received_at", "client_ref")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert await service.rows("SELECT event_id, value FROM outbox ORDER BY id") == events
    assert (matter(report)["erased"], report["persons"]) == (1, 1)
    assert report["rows"]["referrals"] == 1


async def test_every_erased_matter_and_person_is_logged(service: Service) -> None:
    past = await refer(service, reasons=["substance_use"])
    await end(service, past)
    await run(service)
    logged = await service.rows("SELECT * FROM audit WHERE action LIKE '%.erase' ORDER BY id")
    assert [(row["action"], row["subject_id"], row["basis"]) for row in logged] == [
        ("referral.erase", past, "substance_services"),
        ("client.erase", await ref_of(service, past), None),
    ]
    assert {(row["actor"], row["purpose"]) for row in logged} == {("admin", "retention")}


async def test_only_what_is_closed_and_past_its_time_goes(service: Service) -> None:
    young = await refer(service)
    await end(service, young, NOT_SO_LONG_AGO)
    await refer(service)
    child = await refer(service, client={"birth_date": "2020-01-01"})
    await end(service, child)
    unknown = await refer(service)
    await service.rows("UPDATE referrals SET status = 'rejected' WHERE id = $1", unknown)
    report = await run(service)
    assert (matter(report)["erased"], matter(report)["kept"], report["open"]) == (0, 2, 1)
    ended = (datetime.now(UTC) - NOT_SO_LONG_AGO).date()
    assert abs(datetime.fromisoformat(matter(report)["oldest_kept"]).date() - ended).days <= 1
    assert matter(report, "services_for_families_with_children")["kept"] == 1
    rows = await service.rows("SELECT 1 FROM referrals WHERE erased_at IS NOT NULL")
    assert rows == []


@pytest.mark.parametrize("action", ["cancel", "mark_entered_in_error"])
async def test_what_its_sender_took_back_is_counted_from_that_day(
    service: Service, action: str
) -> None:
    old, young = await refer(service), await refer(service)
    await take_back(service, old, action, LONG_AGO)
    await end(service, young)
    await take_back(service, young, action, NOT_SO_LONG_AGO)
    assert matter(await run(service))["erased"] == 1
    rows = await service.rows("SELECT content_sealed FROM referral_changes ORDER BY changed_at")
    assert [row["content_sealed"] for row in rows] == [b"", b"words"]


async def test_a_dry_run_counts_the_same_and_erases_nothing(service: Service) -> None:
    for reasons in (["release"], ["release"], ["substance_use"]):
        await end(service, await refer(service, client=CODED, reasons=reasons))
    await refer(service)
    before = await service.rows("SELECT * FROM referrals ORDER BY id")
    dry = await run(service, dry_run=True)
    assert await service.rows("SELECT * FROM referrals ORDER BY id") == before
    wet = await run(service)
    assert dry["matters"] == wet["matters"]
    assert (dry["persons"], dry["open"]) == (wet["persons"], wet["open"]) == (1, 1)
    assert matter(dry, "substance_services")["erased"] == 1


async def test_a_dry_run_may_look_ahead_but_nothing_is_erased_before_its_time(
    service: Service,
) -> None:
    await end(service, await refer(service), NOT_SO_LONG_AGO)
    ahead = (datetime.now(UTC) + timedelta(days=2 * 365)).date().isoformat()
    assert matter(await run(service, dry_run=True, as_of=ahead))["erased"] == 1
    refused = await start(service, dry_run=False, as_of=ahead)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/as_of")
    assert matter(await run(service, as_of="2020-01-01"))["erased"] == 0


async def test_a_person_stays_known_until_the_last_of_their_matters_is_erased(
    service: Service,
) -> None:
    first, second = await refer(service, client=CODED), await refer(service, client=CODED)
    person = await ref_of(service, first)
    await end(service, first)
    assert (await run(service))["persons"] == 0
    assert await ref_of(service, await refer(service, client=CODED)) == person
    for row in await service.rows("SELECT id FROM referrals WHERE erased_at IS NULL"):
        await end(service, row["id"])
    assert (await run(service))["persons"] == 1
    assert await ref_of(service, second) == person
    assert await ref_of(service, await refer(service, client=CODED)) != person


async def test_a_person_under_two_refs_is_erased_as_one(service: Service) -> None:
    first, second = await refer(service), await refer(service, client=CODED)
    refs = [await ref_of(service, referral) for referral in (first, second)]
    await service.rows(
        "INSERT INTO client_links (id, linked_ref, primary_ref, final, code_only, settled,"
        " linked_at) VALUES ($1, $2, $3, false, false, '[]', now())",
        uuid4(),
        *refs,
    )
    await end(service, first)
    assert (await run(service))["persons"] == 0
    await end(service, second)
    assert (await run(service, dry_run=True))["persons"] == 1
    assert (await run(service))["persons"] == 1
    erased = await service.rows("SELECT client_ref FROM clients WHERE erased_at IS NOT NULL")
    assert {row["client_ref"] for row in erased} == set(refs)


async def test_nobody_is_behind_the_ref_of_an_erased_person(service: Service) -> None:
    """404 and not 410: what is gone and what never was look the same from outside."""
    await end(service, await refer(service))
    kept = await ref_of(service, await refer(service))
    gone = (await service.rows("SELECT client_ref FROM clients ORDER BY client_ref"))[0][0]
    lead = service.mint.headers("clients:read clients:write", client_id="lead")
    lead |= {"Purpose-Of-Use": "care", "If-Match": '"v1"'}
    assert (await service.http.get(f"/v1/clients/{gone}", headers=lead)).status_code == 200
    await run(service)
    read = await service.http.get(f"/v1/clients/{gone}", headers=lead)
    never = await service.http.get(f"/v1/clients/{uuid4()}", headers=lead)
    assert (read.status_code, read.json()["code"]) == (404, "not_found")
    assert read.json().keys() == never.json().keys()
    linked = await service.http.post(
        f"/v1/clients/{gone}/link", json={"to": str(kept)}, headers=lead
    )
    assert linked.status_code == 404
    etag = (await service.http.get(f"/v1/clients/{kept}", headers=lead)).headers["etag"]
    joined = await service.http.post(
        f"/v1/clients/{kept}/link", json={"to": str(gone)}, headers=lead | {"If-Match": etag}
    )
    assert (joined.status_code, joined.json()["errors"][0]["code"]) == (422, "client_unknown")


async def test_a_referral_that_comes_while_its_person_is_erased_is_never_without_one(
    service: Service,
) -> None:
    async with erasing_worker(service):
        for _ in range(6):
            await end(service, await refer(service, client=CODED))
            started = await start(service, dry_run=False)
            referrals = await asyncio.gather(*(refer(service, client=CODED) for _ in range(4)))
            await finished(service, started.json())
            person = await one(
                service, "clients", "client_ref", await ref_of(service, referrals[0])
            )
            assert person["erased_at"] is None
            assert person["identity_sealed"]
            for referral in referrals:
                assert await ref_of(service, referral) == person["client_ref"]
                await end(service, referral)


async def test_an_interrupted_run_goes_on_where_it_was(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "BATCH", 2)
    for _ in range(7):
        await end(service, await refer(service))
    begun = (await start(service, dry_run=False)).json()
    with monkeypatch.context() as slowly:
        slowly.setattr(Eraser, "_batch", batch_and_rest)
        async with erasing_worker(service):
            await eventually(lambda: erased_count(service))
    assert await erased_count(service) == 2
    async with erasing_worker(service):
        report = (await finished(service, begun))["report"]
    assert (matter(report)["erased"], report["persons"], report["rows"]["clients"]) == (7, 7, 7)
    logged = await service.rows("SELECT subject_id FROM audit WHERE action = 'referral.erase'")
    assert len(logged) == len({row["subject_id"] for row in logged}) == 7


BATCH_OF = Eraser._batch


async def batch_and_rest(eraser: Eraser, lease: Lease[RetentionRun]) -> bool:
    """A batch, and then time enough to be interrupted."""
    more = await BATCH_OF(eraser, lease)
    await asyncio.sleep(5)
    return more


async def erased_count(service: Service) -> int:
    return len(await service.rows("SELECT 1 FROM referrals WHERE erased_at IS NOT NULL"))


async def test_old_answers_and_imports_are_swept(service: Service) -> None:
    await refer(service)
    await refer(service, external_id="young")
    await service.rows(
        "UPDATE idempotency SET created_at = now() - interval '3 days'"
        " WHERE body->>'external_id' IS NULL"
    )
    assert (await run(service, dry_run=True))["idempotency_answers"] == 1
    assert await service.count("idempotency") == 2
    database = Database(service.settings)
    task = asyncio.create_task(housekeeping.sweeper()(database))
    try:

        async def swept() -> bool:
            return await service.count("idempotency") == 1

        assert await eventually(swept)
    finally:
        task.cancel()
        await database.close()


async def test_a_run_is_asked_for_once_and_needs_its_scope(service: Service) -> None:
    headers = admin(service) | {"Idempotency-Key": "R-1"}
    first = await service.http.post(PATH, json={"dry_run": True}, headers=headers)
    again = await service.http.post(PATH, json={"dry_run": True}, headers=headers)
    assert first.headers["location"] == f"{PATH}/{first.json()['id']}"
    assert again.json() == first.json()
    assert await service.count("retention_runs") == 1
    partner = service.sender("prison")
    refused = await service.http.post(PATH, json={"dry_run": True}, headers=partner)
    assert refused.status_code == 403
    nowhere = await service.http.get(f"{PATH}/{uuid4()}", headers=admin(service))
    assert nowhere.status_code == 404
