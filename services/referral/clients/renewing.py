"""Look-up hashes under a new key: every person's are made anew from their identity, in batches
under their row locks. A hash does not say which key made it, so every person is looked at."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.clients import identity as identities
from services.referral.clients.identity import IDENTITY_CODE
from services.referral.clients.matching import keys
from services.referral.tables import Client, ClientKey
from shared.crypto import BlindIndex, FieldCipher, UnreadableError
from shared.db import Database
from shared.rotation import BATCH, Progress
from shared.settings import PlatformSettings


async def renew_hashes(settings: PlatformSettings, database: Database) -> AsyncIterator[Progress]:
    """Goes through all persons who are not erased; tells after every batch."""
    cipher, index = settings.cipher(), settings.blind_index()
    known = col(Client.erased_at).is_(None)
    async with database.sessions() as session:
        count = await session.scalar(select(func.count()).select_from(Client).where(known))
    progress = Progress("look-up hashes of persons", count or 0)
    yield progress
    behind = UUID(int=0)
    while True:
        async with database.sessions() as session, session.begin():
            rows = await session.scalars(
                select(Client)
                .where(known, col(Client.client_ref) > behind)
                .order_by(col(Client.client_ref))
                .limit(BATCH)
                .with_for_update()
            )
            clients = rows.all()
            for client in clients:
                await _renew(session, cipher, index, client, progress)
        if not clients:
            return
        behind = clients[-1].client_ref
        progress.left = max(0, progress.left - len(clients))
        yield progress


async def _renew(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    client: Client,
    progress: Progress,
) -> None:
    try:
        identity = identities.of(cipher, client)
    except UnreadableError:
        progress.unreadable += 1
        return
    code = identity.get(IDENTITY_CODE)
    current = index.current(IDENTITY_CODE, code) if code else None
    renewed = False
    if client.identity_index not in (None, current):
        client.identity_index = current
        renewed = True
    for purpose, value in keys(identities.traits(identity)):
        anew, *older = index.candidates(purpose, value)
        renewed |= await _replace(session, older, anew)
    progress.done += renewed


async def _replace(session: AsyncSession, older: Sequence[bytes], anew: bytes) -> bool:
    """Whoever is found by an older hash is found by the new one; whether anybody was."""
    if not older:
        return False
    mine = col(ClientKey.hash).in_(older)
    theirs = select(col(ClientKey.client_ref), col(ClientKey.purpose), literal(anew)).where(mine)
    columns = ["client_ref", "purpose", "hash"]
    found: Any = await session.execute(
        insert(ClientKey).from_select(columns, theirs.distinct()).on_conflict_do_nothing()
    )
    gone: Any = await session.execute(delete(ClientKey).where(mine))
    return bool(found.rowcount or gone.rowcount)
