"""Every place of this service that may identify a person, and what erasure does to it.

By the convention of the house what identifies is in columns of bytes (sealed, or a keyed hash) or
is called `external_id`; a test fails when such a column is not named here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, null, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.referral.tables import (
    Base,
    Client,
    ClientKey,
    PossibleMatch,
    Referral,
    ReferralChange,
)

NOTHING = b""
"""What a sealed column that may not be null holds after erasure."""


@dataclass(frozen=True)
class Place:
    """Rows found by `key`: these columns are overwritten, or the rows deleted where none are
    named."""

    table: type[Base]
    key: str
    blanks: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the table."""
        return str(self.table.__tablename__)

    async def erase(self, session: AsyncSession, ids: Collection[UUID]) -> int:
        """Erases what belongs to these; how many rows."""
        condition = getattr(self.table, self.key).in_(ids)
        statement = (
            update(self.table).where(condition).values(**self.blanks)
            if self.blanks
            else delete(self.table).where(condition)
        )
        done = await session.execute(statement.execution_options(synchronize_session=False))
        return int(getattr(done, "rowcount", 0))


OF_A_REFERRAL = (
    Place(
        Referral,
        "id",
        {
            "content_sealed": NOTHING,
            "content_fingerprint": NOTHING,
            "external_id": None,
            "housing": null(),
        },
    ),
    Place(ReferralChange, "referral_id", {"content_sealed": NOTHING}),
)
"""Erased with the matter. The row stays: when, what kind of sender, which reasons and status."""

OF_A_PERSON = (
    Place(Client, "client_ref", {"identity_index": None, "identity_sealed": NOTHING}),
    Place(ClientKey, "client_ref"),
    Place(PossibleMatch, "client_a"),
    Place(PossibleMatch, "client_b"),
)
"""Erased when nothing that is kept belongs to the person any more, under any of their refs."""

KEPT = {
    "agreements.contact_sealed": "whom to call at the partner's; no client's data",
    "webhooks.secret_sealed": "a key shared with a partner; no client's data",
    "webhooks.old_secret_sealed": "a key shared with a partner; no client's data",
    "import_chunks.content_sealed": "erased when its import ends, however it ends",
}
"""What holds bytes and yet is not erased by a retention run, and why."""
