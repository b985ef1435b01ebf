"""What a client has consented to and denied, as the rules want it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.decisions.rules import HeldConsent, HeldDenial, Holdings, Target
from services.consent.persons.queries import refs_of
from services.consent.tables import Consent, Denial
from shared.contracts.codes import ConsentDirection


async def holdings_of(session: AsyncSession, client_ref: UUID) -> Holdings:
    """Every consent and denial of the client, whatever became of it and under whichever of their
    refs."""
    refs = await refs_of(session, client_ref)
    consents = await session.scalars(
        select(Consent).where(col(Consent.client_ref).in_(refs)).order_by(col(Consent.id))
    )
    denials = await session.scalars(
        select(Denial).where(col(Denial.client_ref).in_(refs)).order_by(col(Denial.id))
    )
    return Holdings(_consents(consents.all()), _denials(denials.all()))


def _consents(rows: Sequence[Consent]) -> list[HeldConsent]:
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


def _denials(rows: Sequence[Denial]) -> list[HeldDenial]:
    return [
        HeldDenial(
            direction=ConsentDirection(row.direction) if row.direction else None,
            organisations=_organisations(row),
            data_classes=None if row.data_classes is None else frozenset(row.data_classes),
            denied_at=row.recorded_at,
            lifted_at=row.lifted_at,
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


def _organisations(denial: Denial) -> frozenset[str] | None:
    if denial.partner_id is not None:
        return frozenset({str(denial.partner_id)})
    return None if denial.organisations is None else frozenset(denial.organisations)
