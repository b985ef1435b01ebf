"""Two refs become one person, and two again: what changes in the tables, and the events.

For callers inside a transaction that holds both rows locked. A link changes nothing of the two but
their versions and the pairs that it answers, so that taking it back restores what was there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.clients import commands, rules
from services.referral.clients.commands import Person
from services.referral.clients.groups import groups_of, lock_primaries
from services.referral.clients.identity import IDENTITY_CODE
from services.referral.clients.schemas import MatchState
from services.referral.tables import Client, ClientLink, PossibleMatch, Referral
from shared import outbox
from shared.calendar import FINLAND
from shared.contracts.referral import ClientLinked, ClientUnlinked, PersonsJoined
from shared.crypto import BlindIndex, FieldCipher
from shared.identity_code import birth_date_of
from shared.ids import new_id
from shared.problems import CONFLICT, Problem

Group = frozenset[UUID]


@dataclass(frozen=True)
class Joined:
    """A link that was made: who is kept, and the events that tell it."""

    link: ClientLink
    kept: Client
    messages: list[outbox.Message]


async def join(
    session: AsyncSession, kept: Client, linked: Client, now: datetime, *, code_only: bool = False
) -> Joined:
    """Links one primary ref to another. Raises `conflict` when each has an identity code of its
    own: those are two people."""
    groups = await groups_of(session, [kept.client_ref, linked.client_ref])
    ours, theirs = groups[kept.client_ref], groups[linked.client_ref]
    if await is_coded(session, ours) and await is_coded(session, theirs):
        raise Problem(CONFLICT, "Each has an identity code of their own: they are two people.")
    link = ClientLink(
        id=new_id(),
        linked_ref=linked.client_ref,
        primary_ref=kept.client_ref,
        final=False,
        code_only=code_only,
        settled=await settle(session, between(ours, theirs), now),
        linked_at=now,
    )
    session.add(link)
    move_on(kept, linked)
    await session.flush()
    return Joined(link, kept, [told(ClientLinked, kept, linked, now)])


async def ref_of_code(session: AsyncSession, index: BlindIndex, code: str) -> UUID | None:
    """The ref of whoever has an identity code."""
    found: UUID | None = await session.scalar(
        select(col(Client.client_ref)).where(
            col(Client.identity_index).in_(index.candidates(IDENTITY_CODE, code))
        )
    )
    return found


async def holder_of(
    session: AsyncSession, index: BlindIndex, client_ref: UUID, code: str
) -> tuple[Client | None, Client | None]:
    """The person of a ref and the person with an identity code, both locked."""
    by_code = await ref_of_code(session, index, code)
    refs = [client_ref] if by_code is None else [client_ref, by_code]
    locked = await lock_primaries(session, refs, also=[client_ref])
    return locked.get(client_ref), None if by_code is None else locked[by_code]


async def join_code(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    person: Client,
    holder: Client | None,
    code: str,
    now: datetime,
) -> Joined:
    """A person's identity code became known: they are whoever has it.

    A code that nobody has is kept under a ref of its own that is linked to the person, so that a
    wrong one can be taken back like any wrong link. Raises `conflict` when the person has one.
    """
    if holder is not None:
        return await join(session, holder, person, now)
    group = (await groups_of(session, [person.client_ref]))[person.client_ref]
    if await is_coded(session, group):
        raise Problem(CONFLICT, "The person has another identity code.")
    code_ref = new_id()
    coded_person = {code_ref: _of_code(cipher, person, code, now)}
    registered = await commands.register(session, cipher, index, coded_person, now)
    if not registered:  # a simultaneous referral registered them: they are there now
        _, holder = await holder_of(session, index, person.client_ref, code)
        return await join_code(session, cipher, index, person, holder, code, now)
    coded = await session.get_one(Client, code_ref)
    joined = await join(session, person, coded, now, code_only=True)
    first = outbox.message(registered[code_ref], key=code_ref)
    return Joined(joined.link, joined.kept, [first, *joined.messages])


async def learn_code(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    client_ref: UUID,
    code: str,
    now: datetime,
) -> list[outbox.Message]:
    """A sender told the identity code of a person it had referred without one.

    The same code is the same person. If the person is known by another code, nothing is joined:
    somebody is wrong, and the house does not know who. The events, for the caller to append. For
    callers that hold `lock_links`.
    """
    person, holder = await holder_of(session, index, client_ref, code)
    if person is None or person is holder:
        return []
    group = (await groups_of(session, [person.client_ref]))[person.client_ref]
    if await is_coded(session, group):
        return []
    return (await join_code(session, cipher, index, person, holder, code, now)).messages


async def part(
    session: AsyncSession,
    link: ClientLink,
    rows: Mapping[UUID, Client],
    kept: Client,
    now: datetime,
) -> list[outbox.Message]:
    """Undoes a link. `kept` is the person's primary ref; `rows` holds it and both of the link."""
    linked = rows[link.linked_ref]
    await session.delete(link)
    await session.flush()
    await session.execute(
        update(PossibleMatch)
        .where(
            col(PossibleMatch.id).in_([UUID(match) for match in link.settled]),
            col(PossibleMatch.state) == MatchState.LINKED,
        )
        .values(state=MatchState.OPEN, decided_at=None)
    )
    move_on(*rows.values())
    theirs = (await groups_of(session, [linked.client_ref]))[linked.client_ref]
    referral_ids = await session.scalars(
        select(col(Referral.id)).where(col(Referral.client_ref).in_(theirs))
    )
    referrals = tuple(sorted(referral_ids))
    message = told(ClientUnlinked, kept, linked, now, referral_ids=referrals)
    if link.code_only and not referrals and len(theirs) == 1:
        await session.delete(linked)
    await session.flush()
    return [message]


def between(ours: Group, theirs: Group) -> ColumnElement[bool]:
    """Pairs of one of ours and one of theirs."""
    a, b = col(PossibleMatch.client_a), col(PossibleMatch.client_b)
    return or_(and_(a.in_(ours), b.in_(theirs)), and_(a.in_(theirs), b.in_(ours)))


async def is_coded(session: AsyncSession, group: Group) -> bool:
    """Whether the person's identity code is known."""
    found = await session.scalar(
        select(col(Client.client_ref))
        .where(col(Client.client_ref).in_(group), col(Client.identity_index).is_not(None))
        .limit(1)
    )
    return found is not None


async def settle(session: AsyncSession, pairs: ColumnElement[bool], now: datetime) -> list[str]:
    """Open pairs are answered by a link; their ids."""
    done = await session.scalars(
        update(PossibleMatch)
        .where(pairs, col(PossibleMatch.state) == MatchState.OPEN)
        .values(state=MatchState.LINKED, decided_at=now)
        .returning(col(PossibleMatch.id))
    )
    return sorted(map(str, done))


def _of_code(cipher: FieldCipher, person: Client, code: str, now: datetime) -> Person:
    """All that is known under the code alone."""
    born = birth_date_of(code)
    known = {"municipality": person.municipality, "language": person.language, rules.ORDER: False}
    return Person(
        identity_code=code,
        identity={IDENTITY_CODE: code, **known},
        birth_date=born,
        age_group=rules.age_group(born, now.astimezone(FINLAND).date()),
        municipality=person.municipality,
        language=person.language,
        non_disclosure_order=False,
    )


def move_on(*clients: Client) -> None:
    """Each has changed for whoever read it."""
    for client in clients:
        client.version += 1


def told(
    event: type[PersonsJoined], kept: Client, linked: Client, now: datetime, **facts: Any
) -> outbox.Message:
    """The event of what happened to the two, at their present versions."""
    data = {
        "aggregate_id": kept.client_ref,
        "version": kept.version,
        "occurred_at": now,
        "client_ref": kept.client_ref,
        "linked_ref": linked.client_ref,
        "linked_version": linked.version,
    }
    return outbox.message(event.model_validate(data | facts), key=kept.client_ref)
