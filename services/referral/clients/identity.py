"""A person's sealed identity: opening it, sealing it, and what of it others are compared by."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from services.referral.clients.matching import Traits, names
from services.referral.tables import Client
from shared.crypto import FieldCipher
from shared.identity_code import birth_date_of
from shared.phone import normalise

IDENTITY_CODE = "identity_code"

Identity = dict[str, Any]
"""The fields of a referral's `client` that were told; JSON-ready."""


def opened(cipher: FieldCipher, client_ref: UUID, sealed: bytes) -> Identity:
    """What is known of a person."""
    identity: Identity = cipher.decrypt_json(sealed, f"clients/{client_ref}")
    return identity


def sealed(cipher: FieldCipher, client_ref: UUID, identity: Mapping[str, Any]) -> bytes:
    """What is known of a person, to be kept in their row."""
    return cipher.encrypt_json(identity, f"clients/{client_ref}")


def of(cipher: FieldCipher, client: Client) -> Identity:
    """What is known of a person; nothing when it is erased."""
    if client.erased_at is not None:
        return {}
    return opened(cipher, client.client_ref, client.identity_sealed)


def birth_date(identity: Mapping[str, Any]) -> date | None:
    """The date of birth, from the identity code where there is one."""
    if identity.get(IDENTITY_CODE):
        return birth_date_of(identity[IDENTITY_CODE])
    told = identity.get("birth_date")
    return date.fromisoformat(told) if told else None


def traits(identity: Mapping[str, Any]) -> Traits:
    """What of a person others are compared by."""
    phone = identity.get("phone")
    return Traits(
        identity_code=identity.get(IDENTITY_CODE),
        given_names=names(identity.get("given_name")),
        family_names=names(identity.get("family_name")),
        birth_date=birth_date(identity),
        phone=normalise(phone) if phone else None,
    )
