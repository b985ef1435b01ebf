"""Consents and denials looked up as resources; the same reads as REST's, logged alike."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.consents import queries as consents
from services.consent.denials import queries as denials
from services.consent.fhir import outgoing
from services.consent.fhir.outgoing import Resource
from services.consent.persons.queries import refs_of
from services.consent.tables import Consent, Denial
from shared import audit
from shared.auth import Caller
from shared.problems import NOT_FOUND, Problem


async def read_resource(session: AsyncSession, caller: Caller, resource_id: UUID) -> Resource:
    """The consent or the denial of this id. Raises `not_found`."""
    try:
        consent = await consents.read_consent(session, caller, resource_id)
    except Problem as problem:
        if problem.kind is not NOT_FOUND:
            raise
        denial = await denials.read_denial(session, caller, resource_id)
        return outgoing.of_denial(denials.view(denial), denial.version)
    return outgoing.of_consent(consents.view(consent), consent.version)


async def search(session: AsyncSession, caller: Caller, client_ref: UUID) -> list[Resource]:
    """All consents and denials of a client, newest first, under all their refs."""
    async with session.begin():
        refs = await refs_of(session, client_ref)
        given = await session.scalars(select(Consent).where(col(Consent.client_ref).in_(refs)))
        denied = await session.scalars(select(Denial).where(col(Denial.client_ref).in_(refs)))
        entry = audit.Entry("consent.list", "client", client_ref=client_ref)
        await audit.record(session, caller, entry)
        found = [outgoing.of_consent(consents.view(row), row.version) for row in given]
        found += [outgoing.of_denial(denials.view(row), row.version) for row in denied]
    return sorted(found, key=lambda resource: str(resource["id"]), reverse=True)


def patient_ref(patient: str) -> UUID | None:
    """The client that `{ref}` or `Patient/{ref}` names; None when it names nobody."""
    name = patient.strip().removeprefix("Patient/")
    try:
        found = UUID(name)
    except ValueError:
        return None
    return found if str(found) == name.lower() else None
