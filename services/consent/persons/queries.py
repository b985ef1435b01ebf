"""Under which refs a client's word is kept."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.tables import ClientAlias
from shared import aliases


async def refs_of(session: AsyncSession, client_ref: UUID) -> frozenset[UUID]:
    """All refs of the client. Whoever looks for what a client permits or forbids looks under all:
    a denial under one of them binds as much as under the other."""
    persons = await aliases.persons_of(session, ClientAlias, [client_ref])
    return persons.refs(client_ref)
