"""Under which refs a person is known, and the locks that keep it so.

Who begins something for a person holds the shared lock and then the person's own; who changes who
is whom holds the other alone. Both come before all row locks.
"""

from collections.abc import Collection
from typing import cast
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.tables import ClientAlias, NamedReferral
from shared import aliases
from shared.aliases import Persons
from shared.statements import Prepared

_HOLD = Prepared(text("SELECT pg_advisory_xact_lock_shared(hashtextextended('client_aliases', 0))"))
_LOCK = Prepared(text("SELECT pg_advisory_xact_lock(hashtextextended('client_aliases', 0))"))
_NAMED = Prepared(
    select(col(NamedReferral.client_ref)).where(
        col(NamedReferral.referral_id) == bindparam("referral_id", type_=Uuid)
    )
)


async def hold(session: AsyncSession) -> None:
    """Nobody links or unlinks anybody until the commit."""
    await _HOLD(session)


async def lock(session: AsyncSession) -> None:
    """Nobody else links or unlinks, or begins anything for anybody, until the commit."""
    await _LOCK(session)


async def persons_of(session: AsyncSession, refs: Collection[UUID]) -> Persons:
    """Who some refs are."""
    return await aliases.persons_of(session, ClientAlias, refs)


async def refs_of(session: AsyncSession, client_ref: UUID) -> frozenset[UUID]:
    """All refs of the person, this one too."""
    return (await persons_of(session, [client_ref])).refs(client_ref)


async def own_ref(session: AsyncSession, referral_id: UUID, told_under: UUID) -> UUID:
    """Whose a referral is that comes now: another's, if an unlink that overtook it has said so."""
    for (client_ref,) in await _NAMED(session, referral_id=referral_id):
        return cast(UUID, client_ref)
    return told_under
