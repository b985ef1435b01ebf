"""Sends what is due, once at a time per endpoint and referral, from any number of processes.

A delivery is claimed by a lease, composed in one transaction, posted outside any, and its outcome
written in another. A process that is stopped gives its leases back, one that dies loses them, and
the message goes out again under the same webhook-id: at least once.
"""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import SpanKind
from sqlalchemy import func, update

from services.referral.settings import Settings
from services.referral.tables import WebhookDelivery
from services.referral.webhooks import claims, metrics, rules, upkeep
from services.referral.webhooks.claims import Claim, in_hand
from services.referral.webhooks.commands import disable, give_up_all
from services.referral.webhooks.courier import Courier, Result
from services.referral.webhooks.message import Parcel, compose, find
from services.referral.webhooks.rules import PING, Outcome, State
from shared import telemetry
from shared.db import Database, is_transient

LOG = structlog.get_logger(__name__)
PAUSE_WITHOUT_DATABASE = 2.0
LET_GO_SECONDS = 2.0
"""For giving leases back while the process is stopping."""


async def send_for_ever(settings: Settings, database: Database) -> None:
    """The part of the event process that sends, until cancelled."""
    async with Courier(settings.webhook_policy, timeout=settings.webhook_timeout) as courier:
        await Sender(settings, database, courier).run()


class Sender:
    """Claims and delivers, until cancelled. `deliver` alone sends one message now."""

    def __init__(self, settings: Settings, database: Database, courier: Courier) -> None:
        self._settings = settings
        self._database = database
        self._courier = courier
        self._cipher = settings.cipher()
        self._in_hand: dict[asyncio.Task[None], Claim] = {}
        self._broken_off: list[Claim] = []
        self._freed = asyncio.Event()

    async def run(self) -> None:
        """Sends for ever; survives the loss of the database. Cancelled, it lets go of what is in
        hand, so that whoever comes next need not wait for the ends of the leases."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(upkeep.keep(self._settings, self._database))
                while True:
                    self._freed.clear()
                    for claim in await self._claim():
                        self._take(claim, tasks.create_task(self._deliver_safely(claim)))
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._settings.webhook_poll_seconds):
                            await self._freed.wait()
        finally:
            await self._let_go()

    def _take(self, claim: Claim, task: asyncio.Task[None]) -> None:
        self._in_hand[task] = claim
        task.add_done_callback(self._put_down)

    def _put_down(self, task: asyncio.Task[None]) -> None:
        claim = self._in_hand.pop(task)
        if task.cancelled():
            self._broken_off.append(claim)
        self._freed.set()

    async def _let_go(self) -> None:
        """What cannot be written is left to the ends of the leases."""
        try:
            with suppress_instrumentation():
                async with (
                    asyncio.timeout(LET_GO_SECONDS),
                    self._database.sessions() as session,
                    session.begin(),
                ):
                    for claim in [*self._broken_off, *self._in_hand.values()]:
                        await claims.let_go(session, claim)
        except Exception as error:
            LOG.warning("webhook_leases_not_given_back", error=type(error).__name__)

    async def _claim(self) -> Sequence[Claim]:
        room = self._settings.webhook_in_flight - len(self._in_hand)
        if room <= 0:
            return ()
        try:
            with suppress_instrumentation():
                async with self._database.sessions() as session, session.begin():
                    return await claims.take(session, room, self._settings.webhook_lease)
        except Exception as error:
            if not is_transient(error):
                raise
            LOG.warning("webhook_claim_interrupted", error=type(error).__name__)
            await asyncio.sleep(PAUSE_WITHOUT_DATABASE)
            return ()

    async def _deliver_safely(self, claim: Claim) -> None:
        """What cannot be written leaves the delivery to the end of its lease."""
        try:
            await self.deliver(claim)
        except Exception as error:
            LOG.error("webhook_delivery_interrupted", error=type(error).__name__)

    async def deliver(self, claim: Claim) -> None:
        """Sends one claimed delivery and writes what came of it."""
        with telemetry.span(
            "send webhook",
            SpanKind.CLIENT,
            telemetry.context_of(claim.trace),
            {
                "nopsa.delivery_id": str(claim.delivery_id),
                "nopsa.event_type": claim.event_type,
                "nopsa.attempt": claim.attempt,
            },
        ):
            parcel, result = await self._send(claim)
            telemetry.tag(outcome=result.outcome)
            await self._settle(claim, parcel, result)

    async def _send(self, claim: Claim) -> tuple[Parcel | None, Result]:
        try:
            async with self._database.sessions() as session, session.begin():
                case = await find(session, claim)
                parcel = await compose(session, self._cipher, case) if case else None
        except Exception as error:
            if is_transient(error):
                raise
            LOG.error("webhook_not_composed", error=type(error).__name__)
            return None, Result(Outcome.INTERNAL_ERROR)
        if parcel is None:
            return None, Result(Outcome.NOTHING_NEW)
        return parcel, await self._courier.post(parcel.url, parcel.headers, parcel.body)

    async def _settle(self, claim: Claim, parcel: Parcel | None, result: Result) -> None:
        """Writes the outcome, unless the lease ended and the delivery is in other hands."""
        gone = parcel if result.outcome == Outcome.ENDPOINT_GONE else None
        async with self._database.sessions() as session, session.begin():
            if gone is not None:
                await disable(session, gone.webhook_id, gone.url)
            await session.execute(
                update(WebhookDelivery).where(in_hand(claim)).values(**self._written(claim, result))
            )
            if gone is not None:
                await give_up_all(session, gone.webhook_id)
        metrics.DELIVERIES.labels(result.outcome).inc()
        LOG.info(
            "webhook_try",
            delivery_id=str(claim.delivery_id),
            attempt=claim.attempt,
            outcome=result.outcome,
            status=result.status,
        )

    def _written(self, claim: Claim, result: Result) -> dict[str, object]:
        """The columns of the outcome."""
        pause = self._pause(claim, result)
        state = rules.after(State.PENDING, rules.step_of(result.outcome, pause))
        written = {
            "state": state,
            "outcome": result.outcome,
            "response_status": result.status,
            "leased_until": None,
        }
        if state == State.PENDING and pause is not None:
            return written | {"due_at": func.clock_timestamp() + pause}
        return written | {"asked_for": False, "finished_at": func.now()}

    def _pause(self, claim: Claim, result: Result) -> timedelta | None:
        """Until the next try. A test event has none."""
        if claim.event_type == PING:
            return None
        return rules.next_pause(
            claim.attempt,
            jitter=random.random(),  # noqa: S311  # spreads load, guards nothing
            scale=self._settings.webhook_retry_scale,
            retry_after=result.retry_after,
        )
