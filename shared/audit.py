"""Who read or changed what, on what basis: one row in the transaction of the act itself."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared import telemetry
from shared.auth import Caller
from shared.rows import insert_all
from shared.tables import audit


@dataclass(frozen=True)
class Entry:
    """What was done to what, in the trace it was noted in. `action` is `<thing>.<verb>` such as
    `referral.read`."""

    action: str
    subject_type: str
    subject_id: UUID | None = None
    client_ref: UUID | None = None
    purpose: str | None = None
    basis: str | None = None
    trace_id: str | None = field(default_factory=telemetry.trace_id)


async def record(session: AsyncSession, caller: Caller, *entries: Entry) -> None:
    """Adds the rows; they stand or fall with the caller's transaction."""
    rows = [
        {
            "action": entry.action,
            "subject_type": entry.subject_type,
            "subject_id": entry.subject_id,
            "client_ref": entry.client_ref,
            "purpose": entry.purpose,
            "basis": entry.basis,
            "actor": caller.client_id,
            "actor_org": caller.org,
            "actor_worker": caller.worker,
            "trace_id": entry.trace_id,
        }
        for entry in entries
    ]
    await insert_all(session, audit, rows)
