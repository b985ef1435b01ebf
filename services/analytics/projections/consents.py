"""Consents and denials of clients: when each was said, and taken back. Every step is told once."""

from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.projections.rows import fill
from services.analytics.tables import ConsentFact
from shared.contracts.consent import ConsentDenied, ConsentGiven, ConsentRevoked
from shared.messages import Received


async def learn(session: AsyncSession, event: Received) -> None:
    """What the client said."""
    data = cast(ConsentGiven | ConsentRevoked | ConsentDenied, event.data)
    once: dict[str, Any] = {"client_ref": data.client_ref, "direction": data.direction}
    match data:
        case ConsentGiven():
            once |= {"given_at": data.valid_from, "valid_to": data.valid_to}
        case ConsentRevoked():
            once |= {"revoked_at": data.occurred_at}
        case ConsentDenied():
            once |= {"denied_at": data.occurred_at}
    await fill(session, ConsentFact, {"consent_id": data.aggregate_id}, once=once)
