"""Which pseudonyms are one person, as `nopsa.client.v1` tells; for services that keep something of
persons.

Whatever is kept stays under the client_ref it was written under. An alias says that two refs are
one person, and who looks for a person looks under all their refs: with the alias gone, everything
is as it was. What is told of one ref comes under the keys of several others, hence in any order:
the newest word on a ref stands, whenever it comes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    String,
    Uuid,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy import case as either
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from shared.contracts.referral import ClientUnlinked, PersonsJoined
from shared.statements import Prepared
from shared.tables import Moment


class Alias(SQLModel):
    """The columns of an alias: `linked_ref` is another ref of `primary_ref` as long as `joined`.
    `version` is that of the linked ref itself, 0 where an older producer did not tell it."""

    linked_ref: UUID = Field(primary_key=True)
    primary_ref: UUID = Field(index=True)
    joined: bool
    version: int
    told_at: datetime = Field(sa_type=Moment)


@dataclass(frozen=True)
class Persons:
    """Some refs, and all others of the same persons: `links` leads each linked ref to another."""

    links: Mapping[UUID, UUID] = field(default_factory=dict)

    def refs(self, client_ref: UUID) -> frozenset[UUID]:
        """All refs of the person, this one too."""
        found: set[UUID] = set()
        ahead = {client_ref}
        while ahead:
            found |= ahead
            up = {self.links[ref] for ref in ahead if ref in self.links}
            down = {linked for linked, primary in self.links.items() if primary in ahead}
            ahead = (up | down) - found
        return frozenset(found)

    def primary(self, client_ref: UUID) -> UUID:
        """The ref that the person is kept under. Of a circle, which only events that overtook one
        another make, and not for long, the smallest."""
        passed = {client_ref}
        while (above := self.links.get(client_ref)) is not None:
            if above in passed:
                return min(self.refs(client_ref))
            passed.add(above)
            client_ref = above
        return client_ref


async def learn(session: AsyncSession, aliases: type[Alias], data: PersonsJoined) -> bool:
    """Notes what an event tells of its linked ref; False when that is no news."""
    values: dict[str, Any] = {
        "primary_ref": data.client_ref,
        "joined": not isinstance(data, ClientUnlinked),
        "version": data.linked_version or 0,
        "told_at": data.occurred_at,
    }
    upsert = insert(aliases).values(linked_ref=data.linked_ref, **values)
    told, known = upsert.excluded, aliases
    newer = tuple_(told.version, told.told_at) > tuple_(col(known.version), col(known.told_at))
    noted = await session.execute(
        upsert.on_conflict_do_update(
            index_elements=[col(aliases.linked_ref)],
            set_={name: told[name] for name in values},
            where=newer,
        ).returning(col(aliases.linked_ref))
    )
    return noted.first() is not None


async def persons_of(
    session: AsyncSession, aliases: type[Alias], refs: Collection[UUID]
) -> Persons:
    """Who the refs are. One query, whatever there is to find."""
    return Persons(dict(await _links_of(aliases)(session, refs=sorted(refs))))


@cache
def _links_of(aliases: type[Alias]) -> Prepared:
    asked = func.unnest(bindparam("refs", type_=ARRAY(Uuid()))).column_valued("asked")
    members = _members(aliases, asked)
    linked, primary = col(aliases.linked_ref), col(aliases.primary_ref)
    return Prepared(
        select(linked, primary).where(col(aliases.joined), linked.in_(select(members.c.ref)))
    )


def persons_by_ref(aliases: type[Alias]) -> CTE:
    """For counting: by `ref` a `person`, the same for all refs of one person. Refs that stand alone
    are left out."""
    joined = col(aliases.joined)
    below: Select[tuple[UUID]] = select(col(aliases.linked_ref).label("ref")).where(joined)
    everybody = below.union(select(col(aliases.primary_ref)).where(joined)).subquery()
    members = _members(aliases, everybody.c.ref)
    first = func.min(as_type(members.c.ref, String))
    return (
        select(members.c.asked.label("ref"), as_type(first, Uuid()).label("person"))
        .group_by(members.c.asked)
        .cte("persons")
    )


def _members(aliases: type[Alias], asked: ColumnElement[UUID]) -> CTE:
    """Columns `asked` and `ref`: each ref that is asked for with all refs of the same person."""
    linked, primary = col(aliases.linked_ref), col(aliases.primary_ref)
    members = select(asked.label("asked"), asked.label("ref")).cte("members", recursive=True)
    other = either((linked == members.c.ref, primary), else_=linked)
    return members.union(
        select(members.c.asked, other)
        .join_from(members, aliases, or_(linked == members.c.ref, primary == members.c.ref))
        .where(col(aliases.joined))
    )
