"""Identifiers: time-ordered UUIDs for machines, short references for people.

A reference is safe to read aloud and to write by hand: no letter that looks like a digit, no
vowel (so no word appears by chance), and it carries nothing about the person.
"""

import secrets
from uuid import UUID

import uuid6

REFERENCE_ALPHABET = "2346789CDFGHJKMNPQRTVWX"
"""23 characters without 0/O, 1/I/L, 5/S, 8 stays (no B), and no vowels."""


def new_id() -> UUID:
    """A UUIDv7: unique everywhere, and sorts by the time of its making."""
    return UUID(int=uuid6.uuid7().int)


def new_reference() -> str:
    """A human-safe reference such as `R7K-4MX-9W`; 23**7 (3.4 milliard) values after the letter R.

    Uniqueness is the caller's unique index; a clash is retried there.
    """
    letters = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(7))
    return f"R{letters[:2]}-{letters[2:5]}-{letters[5:]}"
