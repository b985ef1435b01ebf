"""A backup brings every table back as it was, and says so when it cannot."""

from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.stack import Stack
from deploy.ops.backup import NotRestored, back_up, content, restore
from deploy.ops.system import Service
from services.consent.app import MIGRATIONS
from services.consent.disclosures.commands import note
from services.consent.disclosures.proving import verify
from services.consent.disclosures.schemas import Since
from shared import migrations
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.disclosure import Disclosed
from shared.ids import new_id
from shared.messages import Received
from shared.settings import ASYNC_DRIVER, DatabaseSettings

AUDITOR = Caller("auditor", "auditor", frozenset())


async def own_database(backing: Stack) -> Service:
    """A migrated database of the consent service that its own role owns, as in production."""
    name = f"backup_{uuid4().hex[:8]}"
    connection = await asyncpg.connect(backing.postgres.admin_dsn)
    await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'")
    await connection.execute(f"CREATE DATABASE {name} OWNER {name}")
    await connection.close()
    place = urlsplit(backing.postgres.admin_dsn)
    dsn = f"postgresql://{name}:secret@{place.hostname}:{place.port}/{name}"
    url = dsn.replace("postgresql://", ASYNC_DRIVER, 1)
    await migrations.upgrade(DatabaseSettings(database_url=url), MIGRATIONS)
    return Service("consent", dsn)


async def disclose(service: Service, count: int) -> None:
    """Acts that the disclosure log chains."""
    async with service.session() as session:
        for nth in range(1, count + 1):
            data = Disclosed(
                aggregate_id=new_id(),
                version=1,
                occurred_at=utc_now(),
                client_ref=uuid4(),
                service="caseload",
                audit_id=nth,
                actor="worker",
                action="case.read",
                subject_type="case",
                data_class="case",
            )
            async with session.begin():
                await note(session, Received(data.aggregate_id, "", data.occurred_at, None, data))


async def held(service: Service) -> dict[str, list[object]]:
    connection = await service.connect()
    try:
        return await content(connection)
    finally:
        await connection.close()


@pytest.mark.ops
async def test_a_restored_database_is_as_it_was_and_its_chain_holds(
    backing: Stack, tmp_path: Path
) -> None:
    """A backup is restored: every table as it was, and the chain of the disclosure log whole."""
    service = await own_database(backing)
    await disclose(service, 30)
    before = await held(service)
    assert before["disclosures"][0] == 30
    assert (await back_up({"consent": service}, tmp_path))["consent"] == before
    await disclose(service, 5)
    assert await held(service) != before
    assert await restore(service, tmp_path) == before
    assert await held(service) == before
    async with service.session() as session:
        proof = await verify(session, AUDITOR, Since.BEGINNING, None)
    assert (proof.whole, proof.rows) == (True, 30)
    await disclose(service, 1)
    assert (await held(service))["disclosures"][0] == 31, "and it goes on"


async def test_a_damaged_backup_or_a_running_service_changes_nothing(
    backing: Stack, tmp_path: Path
) -> None:
    service = await own_database(backing)
    await back_up({"consent": service}, tmp_path)
    before = await held(service)
    process = await asyncpg.connect(
        service.dsn, server_settings={"application_name": "nopsa-consent"}
    )
    with pytest.raises(NotRestored, match="still run"):
        await restore(service, tmp_path)
    await process.close()
    dump = tmp_path / "consent.dump"
    dump.write_bytes(dump.read_bytes()[:-1])
    with pytest.raises(NotRestored, match="not the file"):
        await restore(service, tmp_path)
    assert await held(service) == before
