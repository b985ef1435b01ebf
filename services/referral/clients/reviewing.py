"""Noting who may be the same person, for somebody to look at.

Runs inside the transaction that learned something of a person. It asks the database the same
questions whether or not there is anybody to find: a sender must not tell by the clock that a
person is known (domain rule 4).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, text
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

MOST_CANDIDATES = 20
"""A shelter's telephone number is given for everybody who sleeps there."""

_KEEP = text(
    """
    WITH locked AS MATERIALIZED (
        SELECT count(pg_advisory_xact_lock(hashtextextended(encode(hash, 'hex'), 0))) AS taken
        FROM (SELECT DISTINCT h AS hash FROM unnest(:hashes) AS h ORDER BY h) AS ordered
    )
    INSERT INTO client_keys (client_ref, purpose, hash)
    SELECT :client_ref, k.purpose, k.hash
    FROM locked, unnest(:purposes, :hashes) AS k(purpose, hash)
    WHERE locked.taken > 0
    ON CONFLICT DO NOTHING
    """
).bindparams(
    bindparam("purposes", type_=ARRAY(VARCHAR)),
    bindparam("hashes", type_=ARRAY(BYTEA)),
    bindparam("client_ref", type_=PG_UUID(as_uuid=True)),
)
"""The locks last until the commit: of two who are told of at once, the second sees the first."""

_REGISTER = text(
    """
    INSERT INTO possible_matches (id, client_a, client_b, score, agree, state, found_at)
    SELECT m.id, m.a, m.b, m.score, CAST(m.agree AS jsonb), 'open', :found_at
    FROM unnest(:ids, :as, :bs, :scores, :agrees) AS m(id, a, b, score, agree)
    ON CONFLICT (client_a, client_b) DO UPDATE
        SET score = excluded.score, agree = excluded.agree
        WHERE possible_matches.state = 'open' AND possible_matches.score < excluded.score
    """
).bindparams(
    bindparam("ids", type_=ARRAY(PG_UUID(as_uuid=True))),
    bindparam("as", type_=ARRAY(PG_UUID(as_uuid=True))),
    bindparam("bs", type_=ARRAY(PG_UUID(as_uuid=True))),
    bindparam("scores", type_=ARRAY(FLOAT)),
    bindparam("agrees", type_=ARRAY(VARCHAR)),
)


@dataclass(frozen=True)
class Candidate:
    """Somebody who shares a key with the person, and what would be written of the two."""

    client_ref: UUID
    likeness: Likeness


async def note(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    client_ref: UUID,
    identity: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keeps by what the person is found again, and registers who may be the same person."""
    person = identities.traits(identity)
    found = keys(person)
    if not found:
        return
    await session.execute(
        _KEEP,
        {
            "client_ref": client_ref,
            "purposes": [str(purpose) for purpose, _ in found],
            "hashes": [index.current(purpose, value) for purpose, value in found],
        },
    )
    hashes = [hash_ for purpose, value in found for hash_ in index.candidates(purpose, value)]
    candidates = await _candidates(session, cipher, client_ref, person, hashes)
    await _register(session, client_ref, candidates, now)


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
    client_ref: UUID,
    person: Traits,
    hashes: list[bytes],
) -> list[Candidate]:
    purposes = func.array_agg(col(ClientKey.purpose))
    rows = await session.execute(
        select(col(Client.client_ref), col(Client.identity_sealed), purposes)
        .join(ClientKey, col(ClientKey.client_ref) == col(Client.client_ref))
        .where(
            col(ClientKey.hash).in_(hashes),
            col(Client.client_ref) != client_ref,
            col(Client.erased_at).is_(None),
        )
        .group_by(col(Client.client_ref))
        .order_by(func.count().desc(), col(Client.client_ref).desc())
        .limit(MOST_CANDIDATES)
    )
    return [
        Candidate(other, likeness(person, _other(cipher, other, sealed, shared, person)))
        for other, sealed, shared in rows
    ]


def _other(
    cipher: FieldCipher, client_ref: UUID, sealed: bytes, shared: Iterable[str], person: Traits
) -> Traits:
    """The candidate. A number that was told of both agrees, even if it is not their newest."""
    traits = identities.traits(identities.opened(cipher, client_ref, sealed))
    if KeyPurpose.PHONE not in shared:
        return traits
    return replace(traits, phone=person.phone)


async def _register(
    session: AsyncSession, client_ref: UUID, candidates: list[Candidate], now: datetime
) -> None:
    alike = [found for found in candidates if found.likeness.score >= REVIEW_FROM]
    pairs = [sorted((client_ref, found.client_ref)) for found in alike]
    await session.execute(
        _REGISTER,
        {
            "ids": [new_id() for _ in alike],
            "as": [pair[0] for pair in pairs],
            "bs": [pair[1] for pair in pairs],
            "scores": [found.likeness.score for found in alike],
            "agrees": [json.dumps(found.likeness.agree) for found in alike],
            "found_at": now,
        },
    )
