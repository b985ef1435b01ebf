"""The sender survives what happens to it and to the endpoints."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi.responses import Response

from services.referral.settings import Settings
from tests.integration.referral.webhooks.conftest import Opened
from tests.integration.referral.webhooks.house import House, until
from tests.support.hostile import hang, hostile
from tests.support.receiver import Message, always, held

WARD = "hospital_ward"


def environment(settings: Settings) -> dict[str, str]:
    """The environment of an event process on this database."""
    return os.environ | {
        "NOPSA_ENVIRONMENT": settings.environment,
        "NOPSA_DATABASE_URL": settings.database_url.get_secret_value(),
        "NOPSA_KAFKA_BOOTSTRAP": settings.kafka.bootstrap,
        "NOPSA_ISSUER": settings.issuer,
        "NOPSA_ENCRYPTION_KEYS": settings.encryption_keys.get_secret_value(),
        "NOPSA_INDEX_KEYS": settings.index_keys.get_secret_value(),
        "NOPSA_WEBHOOK_ALLOW_PRIVATE_ADDRESSES": "true",
        "NOPSA_WEBHOOK_PORTS": "[]",
        "NOPSA_WEBHOOK_POLL_SECONDS": "0.05",
        "NOPSA_WEBHOOK_TIMEOUT_SECONDS": str(settings.webhook_timeout_seconds),
        "NOPSA_WEBHOOK_LEASE_SECONDS": str(settings.webhook_lease_seconds),
    }


@asynccontextmanager
async def sender_process(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """A sender that can be killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.sender_process", env=environment(settings)
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_killed_senders_message_goes_out_again_under_the_same_id(opened: Opened) -> None:
    async with opened() as house:
        mine = await house.listen(WARD)
        forgotten = asyncio.Event()

        async def swallow(_: Message) -> Response:
            await held(forgotten)
            return Response(status_code=204)

        house.receiver.answer = swallow
        referral = await house.refer(WARD)
        await referral.accept()
        async with sender_process(house.settings) as process:
            (first,) = await house.receiver.wait_for(1)
            process.kill()
            await process.wait()
        house.receiver.answer = always(204)
        forgotten.set()
        async with house.sending():
            await asyncio.sleep(0.2)
            assert len(house.receiver.messages) == 1
            await house.service.rows(
                "UPDATE webhook_deliveries SET leased_until = leased_until - interval '60 s'"
            )
            (entry,) = await house.settled(WARD, mine)
    assert [message.id for message in house.receiver.messages] == [first.id, first.id]
    assert (entry["status"], entry["attempts"]) == ("delivered", 2)


async def test_a_stopped_sender_gives_back_what_it_has_in_hand(house: House) -> None:
    mine = await house.listen(WARD)
    forgotten = asyncio.Event()

    async def swallow(_: Message) -> Response:
        await held(forgotten)
        return Response(status_code=204)

    house.receiver.answer = swallow
    await (await house.refer(WARD)).accept()
    async with house.sending():
        (first,) = await house.receiver.wait_for(1)
    leases = await house.service.rows("SELECT leased_until FROM webhook_deliveries")
    assert [row["leased_until"] for row in leases] == [None]
    house.receiver.answer = always(204)
    forgotten.set()
    async with house.sending():
        (entry,) = await house.settled(WARD, mine)
    assert [message.id for message in house.receiver.messages] == [first.id, first.id]
    assert (entry["status"], entry["attempts"]) == ("delivered", 1)


async def test_a_late_outcome_does_not_overwrite_who_took_over(opened: Opened) -> None:
    async with opened() as house:
        mine = await house.listen(WARD)

        async def slow_then_good(_: Message) -> Response:
            await house.service.rows("UPDATE webhook_deliveries SET leased_until = now() + '1 h'")
            return Response(status_code=500)

        house.receiver.answer = slow_then_good
        referral = await house.refer(WARD)
        await referral.accept()
        async with house.sending():
            await house.receiver.wait_for(1)
            await asyncio.sleep(0.2)
        (entry,) = await house.log(WARD, mine)
        assert (entry["status"], entry["outcome"]) == ("pending", None)


async def test_an_endpoint_that_hangs_does_not_hold_up_the_others(opened: Opened) -> None:
    async with (
        opened(webhook_in_flight=6, webhook_timeout_seconds=40.0) as house,
        hostile(behaviour=hang) as black_hole,
    ):
        await house.listen("prison", url=f"http://127.0.0.1:{black_hole.port}/")
        await house.listen(WARD)
        stuck = [await house.refer("prison") for _ in range(8)]
        async with house.sending():
            await asyncio.gather(*(referral.accept() for referral in stuck))
            await until(lambda: _at_least(black_hole.connections, 4))
            for _ in range(3):
                await (await house.refer(WARD)).accept()
            await house.receiver.wait_for(3)
            assert black_hole.connections == 4


async def _at_least(number: int, wanted: int) -> bool:
    return number >= wanted


async def test_a_secret_that_cannot_be_read_stops_nobody_else(house: House) -> None:
    broken = await house.listen("prison")
    await house.listen(WARD)
    await house.service.rows("UPDATE webhooks SET secret_sealed = '\\x00' WHERE url LIKE '%hook' "
                             "AND id = $1::text::uuid", broken)  # fmt: skip
    await (await house.refer("prison")).accept()
    await (await house.refer(WARD)).accept()
    async with house.sending():
        await house.receiver.wait_for(1)
        (entry,) = await house.settled("prison", broken)
    assert (entry["status"], entry["outcome"]) == ("failed", "internal_error")


async def test_an_endpoint_removed_meanwhile_gets_nothing_more(house: House) -> None:
    mine = await house.listen(WARD)
    house.receiver.answer = always(500, Retry_After="3600")
    referral = await house.refer(WARD)
    await referral.accept()
    async with house.sending():
        await house.receiver.wait_for(1)
        assert (await house.call("DELETE", WARD, mine)).status_code == 204
        await asyncio.sleep(0.1)
    assert len(house.receiver.messages) == 1
    assert await house.service.count("webhook_deliveries") == 0


async def test_the_sender_outlives_the_loss_of_its_database(house: House) -> None:
    await house.listen(WARD)
    referral = await house.refer(WARD)
    async with house.sending():
        await asyncio.sleep(0.1)
        connection = await asyncpg.connect(house.settings.asyncpg_dsn)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()
        await until(lambda: _works(referral.accept))
        await house.receiver.wait_for(1)


async def _works(step: object) -> bool:
    try:
        await step()  # type: ignore[operator]
    except Exception:
        return False
    return True
