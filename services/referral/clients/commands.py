"""Finding a person by identity code, or registering them; learning and correcting what is known.

Each runs inside the transaction of one referral, or of several that were sent together. Locks are
taken in one order by all: rows by their refs, then new identity codes, then the facts that persons
are found by.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.clients import groups, reviewing, rules
from services.referral.clients import identity as identities
from services.referral.clients.identity import IDENTITY_CODE, Identity
from services.referral.tables import Client
from shared.calendar import FINLAND
from shared.contracts.codes import AgeGroup
from shared.contracts.referral import ClientRegistered
from shared.crypto import BlindIndex, FieldCipher
from shared.ids import new_id
from shared.rows import Change, Insertion
from shared.statements import Reading

_KNOWN = (
    "identity_sealed",
    "municipality",
    "language",
    "age_group",
    "non_disclosure_order",
    "version",
)
"""The columns that follow what is known of a person."""
_LOCK_BY_INDEX = Reading(
    Client,
    select(Client)
    .where(col(Client.identity_index) == any_(bindparam("hashes", type_=ARRAY(BYTEA))))
    .order_by(col(Client.client_ref))
    .with_for_update(key_share=True),
)
_REGISTER = Insertion(
    Client,
    ("client_ref", "identity_index", *_KNOWN, "registered_at"),
    lambda statement: statement.on_conflict_do_nothing(
        index_elements=[col(Client.identity_index)]
    ).returning(col(Client.client_ref)),
)
_LEARN = Change(Client, "client_ref", _KNOWN)


@dataclass(frozen=True)
class Person:
    """Who a referral is about, as far as the sender knows; `identity` goes sealed."""

    identity_code: str | None
    identity: dict[str, Any]
    birth_date: date | None
    age_group: AgeGroup
    municipality: str
    language: str
    non_disclosure_order: bool


@dataclass(frozen=True)
class Found:
    """Whose referral it is: the ref it belongs to, and the ref that the person is told of under,
    which is another where somebody linked the two. The event when the person is new."""

    client_ref: UUID
    person_ref: UUID
    registered: ClientRegistered | None


@dataclass(frozen=True)
class _Standing:
    """A person under a ref, and all that is known of them now."""

    client_ref: UUID
    identity: Identity
    registered: ClientRegistered | None = None


async def find_or_register(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    persons: Sequence[Person],
    now: datetime,
) -> list[Found]:
    """The persons of referrals, each known or new to the house; no two with one identity code.

    The same identity code is the same person. Without a code every referral registers a person
    of its own, and who may be the same is noted for review: nobody is merged silently. Known or
    not, the steps are the same in number and kind (domain rule 4).
    """
    found = await _known_or_new(session, cipher, index, persons, now)
    identities_now = {one.client_ref: one.identity for one in found}
    new = [one.client_ref for one in found if one.registered is not None]
    await reviewing.note(session, cipher, index, identities_now, now, new=new)
    coded = [
        one.client_ref
        for one, person in zip(found, persons, strict=True)
        if person.identity_code is not None
    ]
    primaries = await groups.primaries_of(session, coded) if coded else {}
    return [
        Found(one.client_ref, primaries.get(one.client_ref, one.client_ref), one.registered)
        for one in found
    ]


async def _known_or_new(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    persons: Sequence[Person],
    now: datetime,
) -> list[_Standing]:
    """In the order of the persons. Who is registered by somebody else meanwhile is known."""
    found: dict[int, _Standing] = {}
    while len(found) < len(persons):
        left = {nth: person for nth, person in enumerate(persons) if nth not in found}
        known = await _lock_by_code(session, index, _codes(left.values()))
        learned: list[dict[str, Any]] = []
        new: dict[UUID, Person] = {}
        places: dict[UUID, int] = {}
        for nth, person in left.items():
            client = known.get(person.identity_code) if person.identity_code else None
            if client is not None:
                before = identities.of(cipher, client)
                identity = rules.learned(before, person.identity)
                learned.append(_kept(cipher, client, before, identity, now))
                found[nth] = _Standing(client.client_ref, identity)
            else:
                client_ref = new_id()
                new[client_ref], places[client_ref] = person, nth
        if learned:
            await _LEARN(session, learned)
        for client_ref, event in (await register(session, cipher, index, new, now)).items():
            found[places[client_ref]] = _Standing(client_ref, new[client_ref].identity, event)
    return [found[nth] for nth in range(len(persons))]


def _codes(persons: Iterable[Person]) -> list[str]:
    return [person.identity_code for person in persons if person.identity_code is not None]


async def _lock_by_code(
    session: AsyncSession, index: BlindIndex, codes: Collection[str]
) -> dict[str, Client]:
    """By identity code, the persons with these codes, each under a row lock."""
    if not codes:
        return {}
    by_hash = {hash_: code for code in codes for hash_ in index.candidates(IDENTITY_CODE, code)}
    rows = await _LOCK_BY_INDEX(session, hashes=list(by_hash))
    return {by_hash[row.identity_index]: row for row in rows if row.identity_index is not None}


async def register(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    persons: Mapping[UUID, Person],
    now: datetime,
) -> dict[UUID, ClientRegistered]:
    """Registers persons under these refs; those are left out whose identity code somebody else
    registers just now."""
    if not persons:
        return {}
    rows = [_row(cipher, index, ref, person, now) for ref, person in persons.items()]
    rows.sort(key=lambda row: row["identity_index"] or b"")
    registered = {client_ref for (client_ref,) in await _REGISTER(session, rows)}
    return {
        client_ref: ClientRegistered(
            aggregate_id=client_ref,
            version=1,
            occurred_at=now,
            municipality=person.municipality,
            age_group=person.age_group,
            identified=person.identity_code is not None,
        )
        for client_ref, person in persons.items()
        if client_ref in registered
    }


def _row(
    cipher: FieldCipher, index: BlindIndex, client_ref: UUID, person: Person, now: datetime
) -> dict[str, Any]:
    code = person.identity_code
    return {
        "client_ref": client_ref,
        "identity_index": index.current(IDENTITY_CODE, code) if code else None,
        "identity_sealed": identities.sealed(cipher, client_ref, person.identity),
        "municipality": person.municipality,
        "language": person.language,
        "age_group": person.age_group,
        "non_disclosure_order": person.non_disclosure_order,
        "version": 1,
        "registered_at": now,
    }


async def correct(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    client: Client,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: datetime,
) -> None:
    """A sender changed its own word of a person, whose row the caller holds locked."""
    known = identities.of(cipher, client)
    identity = rules.corrected(known, before, after)
    await reviewing.forget(session, index, client.client_ref, before, after)
    await _LEARN(session, [_kept(cipher, client, known, identity, now)])
    await reviewing.note(session, cipher, index, {client.client_ref: identity}, now)


def _kept(
    cipher: FieldCipher, client: Client, before: Identity, identity: Identity, now: datetime
) -> dict[str, Any]:
    """The row of a person of whom this is known now; the version moves on only if that is
    something else than before."""
    today = now.astimezone(FINLAND).date()
    return {
        "client_ref": client.client_ref,
        "identity_sealed": identities.sealed(cipher, client.client_ref, identity),
        "municipality": identity["municipality"],
        "language": identity["language"],
        "age_group": rules.age_group(identities.birth_date(identity), today),
        "non_disclosure_order": identity[rules.ORDER],
        "version": client.version + (identity != before),
    }
