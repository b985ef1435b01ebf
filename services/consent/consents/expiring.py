"""What the clock does to consents: one whose period is over has expired, which is told once.

Runs in the event process; several may run at once. A consent is looked at again under its lock, in
the transaction of its event: a process that is killed loses nothing and repeats nothing. Decisions
do not wait for this: they look at the period.
"""

from datetime import datetime
from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import SpanKind
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.consents import rules
from services.consent.consents.rules import Action, Status
from services.consent.documents.withdrawing import withdraw_denied
from services.consent.settings import Settings
from services.consent.tables import Consent
from shared import audit, outbox, sweeping, telemetry
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import ConsentDirection
from shared.contracts.consent import ConsentExpired
from shared.db import Database
from shared.worker import Part

CLOCK = Caller("nopsa-consent", "nopsa-consent", frozenset())
"""Who the audit log names for what nobody did."""
AT_A_TIME = 100


def sweeper(settings: Settings) -> Part:
    """The part of the event process that sweeps, for ever."""
    return sweeping.sweeper("consents", settings.consent_sweep_seconds, expire_ended)


async def expire_ended(database: Database, now: datetime | None = None) -> int:
    """Ends every consent whose period is over; how many."""
    now = now or utc_now()
    ended = 0
    while found := await _over(database, now):
        for consent_id in found:
            async with database.sessions() as session, session.begin():
                ended += await _expire(session, consent_id, now)
    return ended


async def _over(database: Database, now: datetime) -> list[UUID]:
    with suppress_instrumentation():
        async with database.sessions() as session:
            found = await session.scalars(
                select(col(Consent.id))
                .where(col(Consent.status) == Status.GIVEN, col(Consent.valid_to) <= now)
                .order_by(col(Consent.valid_to))
                .limit(AT_A_TIME)
            )
            return list(found)


async def _expire(session: AsyncSession, consent_id: UUID, now: datetime) -> bool:
    """Ends the consent unless somebody did, or took it back, since it was found."""
    with telemetry.span("expire consent", SpanKind.INTERNAL, Context(), {}):
        consent = await session.get_one(Consent, consent_id, with_for_update=True)
        status = rules.after(Status(consent.status), Action.EXPIRE)
        if status is None or consent.valid_to is None:
            return False
        consent.status = status
        consent.version += 1
        entry = audit.Entry(
            "consent.expire", "consent", subject_id=consent.id, client_ref=consent.client_ref
        )
        await audit.record(session, CLOCK, entry)
        event = ConsentExpired(
            aggregate_id=consent.id,
            version=consent.version,
            occurred_at=now,
            client_ref=consent.client_ref,
            direction=ConsentDirection(consent.direction),
            partner_id=consent.partner_id,
            valid_to=consent.valid_to,
        )
        withdrawn = await withdraw_denied(session, CLOCK, consent.client_ref, now)
        await outbox.append(session, [outbox.message(event, key=consent.client_ref), *withdrawn])
        return True
