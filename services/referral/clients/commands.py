"""Finding a person by identity code, or registering them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.tables import Client
from shared.contracts.codes import AgeGroup
from shared.contracts.referral import ClientRegistered
from shared.crypto import BlindIndex, FieldCipher
from shared.ids import new_id

IDENTITY_CODE = "identity_code"


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


async def find_or_register(
    session: AsyncSession, cipher: FieldCipher, index: BlindIndex, person: Person, now: datetime
) -> tuple[UUID, ClientRegistered | None]:
    """The person's client_ref, and the event when the person is new to the house.

    The same identity code is the same person. Without a code every referral registers a person
    of its own: nobody is merged silently.
    """
    if person.identity_code is not None:
        known = await _find(session, index.candidates(IDENTITY_CODE, person.identity_code))
        if known is not None:
            return known, None
    client_ref = new_id()
    code_index = (
        index.current(IDENTITY_CODE, person.identity_code) if person.identity_code else None
    )
    registered = await session.execute(
        insert(Client)
        .values(
            client_ref=client_ref,
            identity_index=code_index,
            identity_sealed=cipher.encrypt_json(person.identity, f"clients/{client_ref}"),
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
    if registered.first() is None:
        return await _winner(session, code_index), None
    event = ClientRegistered(
        aggregate_id=client_ref,
        version=1,
        occurred_at=now,
        municipality=person.municipality,
        age_group=person.age_group,
        identified=person.identity_code is not None,
    )
    return client_ref, event


async def _winner(session: AsyncSession, code_index: bytes | None) -> UUID:
    """Whom a simultaneous referral registered just before us."""
    found = await session.scalars(
        select(col(Client.client_ref)).where(col(Client.identity_index) == code_index)
    )
    return found.one()


async def _find(session: AsyncSession, hashes: list[bytes]) -> UUID | None:
    found: UUID | None = await session.scalar(
        select(col(Client.client_ref)).where(col(Client.identity_index).in_(hashes))
    )
    return found
