"""Identifiers: time-ordered UUIDs for machines, short references for people.

A reference is safe to read aloud and to write by hand: no letter that looks like a digit, no
vowel (so no word appears by chance), and it carries nothing about the person.
"""

import secrets
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

REFERENCE_ALPHABET = "2346789CDFGHJKMNPQRTVWX"
"""23 characters without 0/O, 1/I/L, 5/S, 8 stays (no B), and no vowels."""


def new_id() -> UUID:
    """A UUIDv7: unique everywhere, and sorts by the time of its making."""
    return uuid7()


def id_as_of(moment: datetime) -> UUID:
    """A UUIDv7 as it would have been made at a moment since 1970: what is taken in from the past
    sorts by its own time."""
    stamp = int(moment.timestamp() * 1000) << 80
    version, variant = 0x7 << 76, 0b10 << 62
    return UUID(int=stamp | version | secrets.randbits(12) << 64 | variant | secrets.randbits(62))


def new_reference() -> str:
    """A human-safe reference such as `R7K-4MX-9W`; 23**7 (3.4 milliard) values after the letter R.

    Uniqueness is the caller's unique index; a clash is retried there.
    """
    drawn = secrets.randbelow(len(REFERENCE_ALPHABET) ** 7)
    letters = "".join(
        REFERENCE_ALPHABET[drawn // len(REFERENCE_ALPHABET) ** place % len(REFERENCE_ALPHABET)]
        for place in range(7)
    )
    return f"R{letters[:2]}-{letters[2:5]}-{letters[5:]}"
