"""What the clock does to documents: a confirmation that does not come is told once, and a consent
that ends is a withdrawal.

Runs in the event process; several may run at once. Everything is looked at again under the
document's lock, in the transaction of its event: a process that is killed loses nothing and repeats
nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import SpanKind
from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.documents import copies, metrics, queries, rules
from services.consent.documents.withdrawing import withdraw_denied
from services.consent.settings import Settings
from shared import audit, outbox, sweeping, telemetry
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.records import DocumentOverdue
from shared.db import Database
from shared.worker import Part

CLOCK = Caller("nopsa-consent", "nopsa-consent", frozenset())
"""Who the audit log names for what nobody did."""
AT_A_TIME = 100

Query = Callable[[AsyncSession, datetime, int], Awaitable[Sequence[UUID]]]


def sweeper(settings: Settings) -> Part:
    """The part of the event process that sweeps, for ever."""
    return sweeping.sweeper(
        "documents", settings.record_sweep_seconds, end_outlived, raise_overdue, measure
    )


async def raise_overdue(database: Database, now: datetime | None = None) -> int:
    """Tells of every document that was not confirmed in time and not told so yet; how many."""
    now = now or utc_now()
    raised = 0
    while found := await _look(database, queries.due, now):
        for document_id in found:
            raised += await _tell(database, document_id, now)
    metrics.OVERDUE_RAISED.inc(raised)
    return raised


async def end_outlived(database: Database, now: datetime | None = None) -> int:
    """Withdraws what was told on consents that have ended by the clock; of how many clients."""
    now = now or utc_now()
    found = await _look(database, queries.outlived, now)
    for client_ref in found:
        with telemetry.span("withdraw documents", SpanKind.INTERNAL, Context(), {}):
            async with database.sessions() as session, session.begin():
                messages = await withdraw_denied(session, CLOCK, client_ref, now)
                await outbox.append(session, messages)
    return len(found)


async def measure(database: Database) -> None:
    """Sets the gauges."""
    with suppress_instrumentation():
        async with database.sessions() as session:
            for state, count in (await queries.counts(session)).items():
                metrics.DOCUMENTS.labels(state).set(count)


async def _look(database: Database, query: Query, now: datetime) -> Sequence[UUID]:
    with suppress_instrumentation():
        async with database.sessions() as session:
            return await query(session, now, AT_A_TIME)


async def _tell(database: Database, document_id: UUID, now: datetime) -> bool:
    """Tells what is still so, and was not told, once the document is locked."""
    with telemetry.span("tell overdue", SpanKind.INTERNAL, Context(), {}):
        async with database.sessions() as session, session.begin():
            work = await copies.locked(session, document_id)
            document = work.document if work else None
            if work is None or document is None or document.due_at is None:
                return False
            if document.overdue_at is not None or document.due_at > now:
                return False
            document.overdue_at = now
            missing = rules.missing(work.stand)
            work.events.add(DocumentOverdue, at=now, missing=missing, due_at=document.due_at)
            await audit.record(session, CLOCK, copies.entry("overdue", work))
            await session.flush()
            await outbox.append(session, work.events.messages)
    return True
