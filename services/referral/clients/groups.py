"""Who is whom: the refs that links make one person, and the one they are told of under.

Links form trees: a ref is linked to one other at most. The root is the person's primary ref.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import CTE, Select, any_, bindparam, exists, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.tables import Client, ClientLink, Referral
from shared.statements import Prepared

Groups = dict[UUID, frozenset[UUID]]


def _roots() -> CTE:
    """Columns `asked` (of the parameter `refs`) and `root`."""
    asked = bindparam("refs", type_=ARRAY(PG_UUID(as_uuid=True)))
    up = (
        select(col(Client.client_ref).label("asked"), col(Client.client_ref).label("at"))
        .where(col(Client.client_ref) == any_(asked))
        .cte("up", recursive=True)
    )
    up = up.union_all(
        select(up.c.asked, col(ClientLink.primary_ref)).join(
            up, col(ClientLink.linked_ref) == up.c.at
        )
    )
    linked_on = exists().where(col(ClientLink.linked_ref) == up.c.at)
    return select(up.c.asked, up.c.at.label("root")).where(~linked_on).cte("roots")


def _primaries() -> Select[UUID, UUID]:
    roots = _roots()
    return select(roots.c.asked, roots.c.root)


def _members() -> Select[UUID, UUID]:
    roots = _roots()
    down = select(roots.c.asked, roots.c.root.label("member")).cte("down", recursive=True)
    down = down.union_all(
        select(down.c.asked, col(ClientLink.linked_ref)).join(
            down, col(ClientLink.primary_ref) == down.c.member
        )
    )
    return select(down.c.asked, down.c.member)


_PRIMARIES = Prepared(_primaries())
_MEMBERS = Prepared(_members())
_LOCK_LINKS = text("SELECT pg_advisory_xact_lock(hashtextextended('client_links', 0))")


async def primaries_of(session: AsyncSession, refs: Collection[UUID]) -> dict[UUID, UUID]:
    """By ref, the primary ref of the person; refs that are nobody's are left out."""
    rows = await _PRIMARIES(session, refs=list(refs))
    return dict(rows)


async def groups_of(session: AsyncSession, refs: Collection[UUID]) -> Groups:
    """By ref, all refs of the same person."""
    members: dict[UUID, set[UUID]] = {}
    for asked, member in await _MEMBERS(session, refs=list(refs)):
        members.setdefault(asked, set()).add(member)
    return {asked: frozenset(found) for asked, found in members.items()}


async def lock_links(session: AsyncSession) -> None:
    """Whoever changes who is whom does it alone, until the commit: people do this, seldom, and no
    two of them can close a circle. Comes before all row locks: then referrals, then clients."""
    await session.execute(_LOCK_LINKS)


async def lock_referrals(session: AsyncSession, refs: Collection[UUID]) -> list[Referral]:
    """All referrals of the persons behind these refs, locked in the order of their ids. Comes
    before the rows of persons, as in a sender's amendment."""
    groups = await groups_of(session, refs)
    members = {ref for group in groups.values() for ref in group}
    rows = await session.scalars(
        select(Referral)
        .where(col(Referral.client_ref).in_(members))
        .order_by(col(Referral.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def lock(session: AsyncSession, refs: Collection[UUID]) -> dict[UUID, Client]:
    """The rows of these refs, locked in the order of refs."""
    rows = await session.scalars(
        select(Client)
        .where(col(Client.client_ref).in_(refs))
        .order_by(col(Client.client_ref))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {row.client_ref: row for row in rows}


async def lock_primaries(
    session: AsyncSession, refs: Collection[UUID], also: Collection[UUID] = ()
) -> dict[UUID, Client]:
    """By ref, the locked row of its primary ref; `also` are locked with them.

    Refs that are nobody's are left out. For callers that hold `lock_links`: it stays true until
    the commit.
    """
    primaries = await primaries_of(session, refs)
    rows = await lock(session, {*primaries.values(), *also})
    return {ref: rows[primary] for ref, primary in primaries.items()}
