"""Finding a person by identity code, or registering them; learning and correcting what is known.

Each runs inside the transaction of a referral. Row locks are taken in the order of refs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
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


async def find_or_register(
    session: AsyncSession, cipher: FieldCipher, index: BlindIndex, person: Person, now: datetime
) -> Found:
    """The person of a referral, known or new to the house.

    The same identity code is the same person. Without a code every referral registers a person
    of its own, and who may be the same is noted for review: nobody is merged silently. Known or
    not, the steps are the same in number and kind (domain rule 4).
    """
    client_ref, identity, registered = await _known_or_new(session, cipher, index, person, now)
    await reviewing.note(session, cipher, index, client_ref, identity, now)
    if person.identity_code is None:
        return Found(client_ref, client_ref, registered)
    primaries = await groups.primaries_of(session, [client_ref])
    return Found(client_ref, primaries[client_ref], registered)


async def _known_or_new(
    session: AsyncSession, cipher: FieldCipher, index: BlindIndex, person: Person, now: datetime
) -> tuple[UUID, Identity, ClientRegistered | None]:
    while True:
        known = await lock_by_code(session, index, person.identity_code)
        if known is not None:
            return known.client_ref, await _learn(session, cipher, known, person, now), None
        client_ref = new_id()
        registered = await register(session, cipher, index, client_ref, person, now)
        if registered is not None:
            return client_ref, person.identity, registered


async def lock_by_code(
    session: AsyncSession, index: BlindIndex, identity_code: str | None
) -> Client | None:
    """The person with this identity code, under a row lock."""
    if identity_code is None:
        return None
    found: Client | None = await session.scalar(
        select(Client)
        .where(col(Client.identity_index).in_(index.candidates(IDENTITY_CODE, identity_code)))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return found


async def register(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    client_ref: UUID,
    person: Person,
    now: datetime,
) -> ClientRegistered | None:
    """Registers a person; None when there is one with this identity code just now."""
    code = person.identity_code
    done = await session.execute(
        insert(Client)
        .values(
            client_ref=client_ref,
            identity_index=index.current(IDENTITY_CODE, code) if code else None,
            identity_sealed=identities.sealed(cipher, client_ref, person.identity),
            municipality=person.municipality,
            language=person.language,
            age_group=person.age_group,
            non_disclosure_order=person.non_disclosure_order,
            version=1,
            registered_at=now,
        )
        .on_conflict_do_nothing(index_elements=[col(Client.identity_index)])
        .returning(col(Client.client_ref))
    )
    if done.first() is None:
        return None
    return ClientRegistered(
        aggregate_id=client_ref,
        version=1,
        occurred_at=now,
        municipality=person.municipality,
        age_group=person.age_group,
        identified=code is not None,
    )


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
    identity = rules.corrected(identities.of(cipher, client), before, after)
    await reviewing.forget(session, index, client.client_ref, before, after)
    _keep(cipher, client, identity, now)
    await session.flush()
    await reviewing.note(session, cipher, index, client.client_ref, identity, now)


async def _learn(
    session: AsyncSession, cipher: FieldCipher, client: Client, person: Person, now: datetime
) -> Identity:
    identity = rules.learned(identities.of(cipher, client), person.identity)
    _keep(cipher, client, identity, now)
    await session.flush()
    return identity


def _keep(cipher: FieldCipher, client: Client, identity: Identity, now: datetime) -> None:
    """Writes what is known; the version moves on only if that is something else than before."""
    if identity != identities.of(cipher, client):
        client.version += 1
    client.identity_sealed = identities.sealed(cipher, client.client_ref, identity)
    client.municipality = identity["municipality"]
    client.language = identity["language"]
    client.non_disclosure_order = identity[rules.ORDER]
    today = now.astimezone(FINLAND).date()
    client.age_group = rules.age_group(identities.birth_date(identity), today)
