"""Example bodies that partners send; every person in them is made up."""

from typing import Any
from uuid import uuid4

IDENTITY_CODES = ("010190-900P", "150385-9013", "240272-902S")
"""Codes of the 900-series, which belong to nobody."""


def referral_body(**changes: Any) -> dict[str, Any]:
    """A valid referral; `changes` replace fields, `client` is merged."""
    client = {
        "given_name": "Testi",
        "family_name": "Henkilö",
        "phone": "+358 40 123 4567",
        "language": "fi",
        "municipality": "398",
        "non_disclosure_order": False,
    } | changes.pop("client", {})
    return {
        "urgency": "urgent",
        "lawful_basis": "consent",
        "client": client,
        "reasons": ["homelessness"],
        "contact_person": {"name": "Sihteeri Siiri", "phone": "+358 50 765 4321"},
    } | changes


def new_key() -> dict[str, str]:
    """A header with an idempotency key that nobody used before."""
    return {"Idempotency-Key": str(uuid4())}
