"""Example bodies that partners send; every person in them is made up."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

IDENTITY_CODES = ("010190-900P", "150385-9013", "240272-902S")
"""Codes of the 900-series, which belong to nobody."""

CHECK_MARKS = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def made_up_codes(born_from: date = date(1960, 1, 1)) -> Iterator[str]:
    """Valid codes of the 900-series, each another made-up person: two hundred a birthday."""
    day = born_from
    while True:
        for separator in "-Y":
            for number in range(900, 1000):
                digits = f"{day:%d%m%y}{number}"
                yield f"{digits[:6]}{separator}{number}{CHECK_MARKS[int(digits) % 31]}"
        day += timedelta(days=1)


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
