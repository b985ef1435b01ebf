"""Noting who may be the same person, for somebody to look at.

Runs inside the transaction that learned something of a person. It asks the database the same
questions whether or not there is anybody to find: a sender must not tell by the clock that a
person is known (domain rule 4).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Select,
    Subquery,
    TableValuedAlias,
    and_,
    any_,
    bindparam,
    column,
    delete,
    func,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, FLOAT, VARCHAR
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.clients import identity as identities
from services.referral.clients.matching import (
    REVIEW_FROM,
    KeyPurpose,
    Likeness,
    Traits,
    keys,
    likeness,
)
from services.referral.tables import Client, ClientKey
from shared.crypto import BlindIndex, FieldCipher
from shared.ids import new_id
from shared.jsontext import text_of
from shared.statements import Prepared
from shared.tables import Moment

MOST_CANDIDATES = 20
"""So many, the newest, of those who share a key, and so many in all: a shelter's telephone number
is given for everybody who sleeps there."""

_KEEP = Prepared(
    text(
        """
        WITH locked AS MATERIALIZED (
            SELECT count(pg_advisory_xact_lock(hashtextextended(encode(hash, 'hex'), 0))) AS taken
            FROM (SELECT DISTINCT h AS hash FROM unnest(:hashes) AS h ORDER BY h) AS ordered
        )
        INSERT INTO client_keys (client_ref, purpose, hash)
        SELECT k.client_ref, k.purpose, k.hash
        FROM locked, unnest(:refs, :purposes, :hashes) AS k(client_ref, purpose, hash)
        WHERE locked.taken > 0
        ON CONFLICT DO NOTHING
        """
    ).bindparams(
        bindparam("purposes", type_=ARRAY(VARCHAR)),
        bindparam("hashes", type_=ARRAY(BYTEA)),
        bindparam("refs", type_=ARRAY(PG_UUID(as_uuid=True))),
    )
)
"""The locks last until the commit: of two who are told of at once, the second sees the first."""

_REGISTER = Prepared(
    text(
        """
        INSERT INTO possible_matches (id, client_a, client_b, score, agree, state, found_at)
        SELECT m.id, m.a, m.b, m.score, CAST(m.agree AS jsonb), 'open', :found_at
        FROM unnest(:ids, :ones, :others, :scores, :agrees) AS m(id, a, b, score, agree)
        ON CONFLICT (client_a, client_b) DO UPDATE
            SET score = excluded.score, agree = excluded.agree
            WHERE possible_matches.state = 'open' AND possible_matches.score < excluded.score
        """
    ).bindparams(
        bindparam("ids", type_=ARRAY(PG_UUID(as_uuid=True))),
        bindparam("ones", type_=ARRAY(PG_UUID(as_uuid=True))),
        bindparam("others", type_=ARRAY(PG_UUID(as_uuid=True))),
        bindparam("scores", type_=ARRAY(FLOAT)),
        bindparam("agrees", type_=ARRAY(VARCHAR)),
        bindparam("found_at", type_=Moment()),
    )
)


def _keys() -> TableValuedAlias:
    """Columns `person` and `hash`, of the parameters `persons` and `hashes`."""
    return (
        func.unnest(
            bindparam("persons", type_=ARRAY(PG_UUID(as_uuid=True))),
            bindparam("hashes", type_=ARRAY(BYTEA)),
        )
        .table_valued(column("person", PG_UUID(as_uuid=True)), column("hash", BYTEA))
        .render_derived()
    )


def _found() -> Subquery:
    """Columns `person` and `other`: the newest of those who share each key. Of two `newcomers`
    only the later finds the earlier."""
    key = _keys()
    other = col(ClientKey.client_ref)
    newcomers = bindparam("newcomers", type_=ARRAY(PG_UUID(as_uuid=True)))
    newest = (
        select(other.label("other"))
        .where(
            col(ClientKey.hash) == key.c.hash,
            other != key.c.person,
            ~and_(other == any_(newcomers), other > key.c.person),
        )
        .order_by(other.desc())
        .limit(MOST_CANDIDATES)
        .lateral()
    )
    return select(key.c.person, newest.c.other).join(newest, true()).distinct().subquery()


def _sharing() -> Subquery:
    """Columns `person`, `other`, the `purposes` of the keys they share, and the other's `rank`."""
    found, key = _found(), _keys()
    rank = func.row_number().over(
        partition_by=found.c.person, order_by=(func.count().desc(), found.c.other.desc())
    )
    return (
        select(
            found.c.person,
            found.c.other,
            func.array_agg(col(ClientKey.purpose)).label("purposes"),
            rank.label("rank"),
        )
        .join(key, key.c.person == found.c.person)
        .join(
            ClientKey,
            and_(col(ClientKey.client_ref) == found.c.other, col(ClientKey.hash) == key.c.hash),
        )
        .join(Client, col(Client.client_ref) == found.c.other)
        .where(col(Client.erased_at).is_(None))
        .group_by(found.c.person, found.c.other)
        .subquery()
    )


def _with_identity(shared: Subquery) -> Select[UUID, UUID, bytes, list[str]]:
    return (
        select(shared.c.person, shared.c.other, col(Client.identity_sealed), shared.c.purposes)
        .join(Client, col(Client.client_ref) == shared.c.other)
        .where(shared.c.rank <= MOST_CANDIDATES)
    )


_CANDIDATES = Prepared(_with_identity(_sharing()))
"""Made once: to put it together anew took a fifth of the time of a referral."""


@dataclass(frozen=True)
class Candidate:
    """Somebody who shares a key with a person, and what would be written of the two."""

    person: UUID
    other: UUID
    likeness: Likeness


async def note(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    persons: Mapping[UUID, Mapping[str, Any]],
    now: datetime,
    *,
    new: Collection[UUID] = (),
) -> None:
    """Keeps by what each person is found again, and registers who may be the same person.

    `persons` are identities by ref. Of two who are `new` together, the later finds the earlier.
    """
    traits = {ref: identities.traits(identity) for ref, identity in persons.items()}
    found = [
        (ref, purpose, index.candidates(purpose, value))
        for ref, person in traits.items()
        for purpose, value in keys(person)
    ]
    if not found:
        return
    await _KEEP(
        session,
        refs=[ref for ref, _, _ in found],
        purposes=[str(purpose) for _, purpose, _ in found],
        hashes=[current for _, _, (current, *_) in found],
    )
    asked = [(ref, hash_) for ref, _, hashes in found for hash_ in hashes]
    candidates = await _candidates(session, cipher, traits, asked, new)
    await _register(session, candidates, now)


async def forget(
    session: AsyncSession,
    index: BlindIndex,
    client_ref: UUID,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """A person is no longer found by what was told of them wrongly."""
    gone = set(keys(identities.traits(before))) - set(keys(identities.traits(after)))
    hashes = [hash_ for purpose, value in gone for hash_ in index.candidates(purpose, value)]
    await session.execute(
        delete(ClientKey).where(
            col(ClientKey.client_ref) == client_ref, col(ClientKey.hash).in_(hashes)
        )
    )


async def _candidates(
    session: AsyncSession,
    cipher: FieldCipher,
    persons: Mapping[UUID, Traits],
    asked: list[tuple[UUID, bytes]],
    new: Collection[UUID],
) -> list[Candidate]:
    """Those who share most keys with a person, the newest first among equals."""
    rows = await _CANDIDATES(
        session,
        persons=[ref for ref, _ in asked],
        hashes=[hash_ for _, hash_ in asked],
        newcomers=list(new),
    )
    found = []
    for ref, other, sealed, purposes in rows:
        person = persons[ref]
        alike = likeness(person, _other(cipher, other, sealed, purposes, person))
        found.append(Candidate(ref, other, alike))
    return found


def _other(
    cipher: FieldCipher, client_ref: UUID, sealed: bytes, shared: Iterable[str], person: Traits
) -> Traits:
    """The candidate. A number that was told of both agrees, even if it is not their newest."""
    traits = identities.traits(identities.opened(cipher, client_ref, sealed))
    if KeyPurpose.PHONE not in shared:
        return traits
    return replace(traits, phone=person.phone)


async def _register(session: AsyncSession, candidates: list[Candidate], now: datetime) -> None:
    """One row a pair: two may each be a candidate of the other."""
    alike = {
        (min(found.person, found.other), max(found.person, found.other)): found.likeness
        for found in sorted(candidates, key=lambda found: found.likeness.score)
        if found.likeness.score >= REVIEW_FROM
    }
    await _REGISTER(
        session,
        ids=[new_id() for _ in alike],
        ones=[one for one, _ in alike],
        others=[other for _, other in alike],
        scores=[found.score for found in alike.values()],
        agrees=[text_of(found.agree) for found in alike.values()],
        found_at=now,
    )
