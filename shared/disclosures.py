"""Telling what was disclosed: every audit row that concerns a client becomes one event.

A request writes its audit row and nothing more; the row itself waits to be told. The event process
takes the rows that wait, appends their events and notes under which id each was told, in one
transaction: none is lost and none is told twice, whoever dies when. One process of a service tells
at a time (an advisory lock): of two at once, the later rows of a person could overtake the
earlier ones.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation
from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared import metrics, outbox, telemetry
from shared.contracts.disclosure import Disclosed, class_of
from shared.db import Database
from shared.ids import id_as_of
from shared.redaction import mask
from shared.settings import PlatformSettings
from shared.tables import audit

LOG = structlog.get_logger(__name__)
TELLING_LOCK_CLASS = outbox.LOCK_CLASS + 2
BATCH = 500
POLL_SECONDS = 1.0

_ALONE = select(func.pg_try_advisory_xact_lock(TELLING_LOCK_CLASS, 0))
_UNTOLD = (
    select(audit)
    .where(audit.c.told_as.is_(None), audit.c.client_ref.is_not(None))
    .order_by(audit.c.id)
    .limit(BATCH)
)
_TOLD = (
    update(audit).where(audit.c.id == bindparam("row")).values(told_as=bindparam("disclosure_id"))
)


class Teller:
    """Tells what a service disclosed, oldest first, until cancelled."""

    def __init__(self, settings: PlatformSettings, database: Database) -> None:
        self._service = settings.service_name
        self._database = database

    async def run(self) -> None:
        """Tells for ever; survives the loss of the database."""
        while True:
            told = 0
            try:
                with suppress_instrumentation():
                    told = await self.tell_next()
            except Exception as error:
                LOG.warning("disclosures_not_told", error=type(error).__name__)
            if told < BATCH:
                await asyncio.sleep(POLL_SECONDS)

    async def tell_next(self) -> int:
        """Tells the next batch; how many. None while another process is telling."""
        async with self._database.sessions() as session, session.begin():
            told = await self._tell(session)
        metrics.DISCLOSURES_TOLD.labels(self._service).inc(told)
        return told

    async def _tell(self, session: AsyncSession) -> int:
        if not await session.scalar(_ALONE):
            return 0
        rows = (await session.execute(_UNTOLD)).all()
        if not rows:
            return 0
        disclosed = [disclosed_by(row, self._service) for row in rows]
        await session.execute(_TOLD, _told(rows, disclosed))
        await outbox.append(session, [_message(data) for data in disclosed])
        return len(rows)


def disclosed_by(row: Row[Any], service: str) -> Disclosed:
    """What an audit row tells. Its id sorts by the time of the act, also when it is told late."""
    return Disclosed(
        aggregate_id=id_as_of(row.at),
        version=1,
        occurred_at=row.at,
        client_ref=row.client_ref,
        service=service,
        audit_id=row.id,
        actor=mask(row.actor),
        org=_masked(row.actor_org),
        worker=_masked(row.actor_worker),
        action=row.action,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        data_class=class_of(row.action),
        purpose=row.purpose,
        basis=row.basis,
        trace_id=row.trace_id,
    )


def _told(rows: Sequence[Row[Any]], disclosed: Sequence[Disclosed]) -> list[dict[str, Any]]:
    return [
        {"row": row.id, "disclosure_id": data.aggregate_id}
        for row, data in zip(rows, disclosed, strict=True)
    ]


def _message(data: Disclosed) -> outbox.Message:
    """The event, under the trace of the act, which was recorded when it was done."""
    with telemetry.unrecorded(_trace_of(data)):
        return outbox.message(data, key=data.client_ref, event_id=data.aggregate_id)


def _trace_of(data: Disclosed) -> dict[str, str]:
    if data.trace_id is None:
        return {}
    return {"traceparent": f"00-{data.trace_id}-{data.trace_id[:16]}-00"}


def _masked(value: str | None) -> str | None:
    return None if value is None else mask(value)
