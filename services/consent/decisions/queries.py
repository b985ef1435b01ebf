"""What a client has consented to, as the rules want it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.decisions.rules import HeldConsent, Target
from services.consent.tables import Consent
from shared.contracts.codes import ConsentDirection


async def consents_of(session: AsyncSession, client_ref: UUID) -> Sequence[HeldConsent]:
    """Every consent of the client, whatever became of it."""
    rows = await session.scalars(
        select(Consent).where(col(Consent.client_ref) == client_ref).order_by(col(Consent.id))
    )
    return [
        HeldConsent(
            id=row.id,
            direction=ConsentDirection(row.direction),
            targets=_targets(row),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            revoked_at=row.revoked_at,
        )
        for row in rows
    ]


def _targets(consent: Consent) -> tuple[Target, ...] | None:
    if consent.partner_id is not None:
        return (Target(str(consent.partner_id), frozenset(consent.facts)),)
    if consent.targets is None:
        return None
    return tuple(
        Target(target["organisation"], frozenset(target["data_classes"]))
        for target in consent.targets
    )
