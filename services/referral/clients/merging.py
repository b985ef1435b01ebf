"""Two refs become one for good: what is kept under one moves to the other.

For callers inside a transaction that holds both rows locked. The merged ref keeps its row and its
link, so that whoever knows it still finds the person; nothing new is ever told under it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.clients import identity as identities
from services.referral.clients import rules
from services.referral.clients.joining import move_on, told
from services.referral.tables import Client, ClientKey, ClientLink, PossibleMatch, Referral
from shared import outbox
from shared.contracts.referral import ClientMerged
from shared.crypto import FieldCipher


async def finish(
    session: AsyncSession,
    cipher: FieldCipher,
    link: ClientLink,
    target: Client,
    source: Client,
    now: datetime,
) -> list[outbox.Message]:
    """Makes the link from `source` to `target` final. The events, for the caller to append."""
    link.final = True
    link.settled = []
    await session.flush()
    await _move_identity(session, cipher, target, source)
    await _move_referrals(session, target.client_ref, source.client_ref)
    await _move_keys(session, target.client_ref, source.client_ref)
    await _move_pairs(session, target.client_ref, source.client_ref)
    move_on(target, source)
    await session.flush()
    return [told(ClientMerged, target, source, now)]


async def _move_identity(
    session: AsyncSession, cipher: FieldCipher, target: Client, source: Client
) -> None:
    """What the target lacks it gets; the identity code too, which only one of them can have."""
    kept, moved = identities.of(cipher, target), identities.of(cipher, source)
    order = target.non_disclosure_order or source.non_disclosure_order
    if source.identity_index is not None:
        code_index, source.identity_index = source.identity_index, None
        await session.flush()
        target.identity_index = code_index
    identity = moved | kept | {rules.ORDER: order}
    target.identity_sealed = identities.sealed(cipher, target.client_ref, identity)
    target.non_disclosure_order = order


async def _move_referrals(session: AsyncSession, target: UUID, source: UUID) -> None:
    await session.execute(
        update(Referral).where(col(Referral.client_ref) == source).values(client_ref=target)
    )
    await session.execute(
        update(ClientLink).where(col(ClientLink.primary_ref) == source).values(primary_ref=target)
    )


async def _move_keys(session: AsyncSession, target: UUID, source: UUID) -> None:
    owner = col(ClientKey.client_ref)
    theirs = select(literal(target), col(ClientKey.purpose), col(ClientKey.hash))
    await session.execute(
        insert(ClientKey)
        .from_select(["client_ref", "purpose", "hash"], theirs.where(owner == source))
        .on_conflict_do_nothing()
    )
    await session.execute(delete(ClientKey).where(owner == source))


async def _move_pairs(session: AsyncSession, target: UUID, source: UUID) -> None:
    """Whoever may be the source may be the target, unless that is a pair already."""
    a, b = col(PossibleMatch.client_a), col(PossibleMatch.client_b)
    rows = (await session.scalars(select(PossibleMatch).where(or_(a == source, b == source)))).all()
    for pair in rows:
        other = pair.client_b if pair.client_a == source else pair.client_a
        if other == target:
            continue
        first, second = sorted((target, other))
        known = await session.scalar(select(col(PossibleMatch.id)).where(a == first, b == second))
        if known is None:
            pair.client_a, pair.client_b = first, second
        else:
            await session.delete(pair)
        await session.flush()
