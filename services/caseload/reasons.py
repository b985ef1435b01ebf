"""What leads decide themselves, and why: a code, or a few words, which are encrypted at rest and
never leave the service."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.tables import LeadDecision
from shared.contracts.fields import Printable
from shared.crypto import FieldCipher
from shared.ids import new_id

ReasonText = Annotated[str, Field(min_length=1, max_length=200), Printable]


class Act(StrEnum):
    """What a lead decided."""

    REASSIGN = "reassign"
    MOVE_IN_LINE = "move_in_line"


class LeadsDecision(BaseModel):
    """What a person decided of a case or a place in line, and why."""

    act: Act
    at: datetime
    reason: str


async def keep(
    session: AsyncSession,
    cipher: FieldCipher,
    subject_id: UUID,
    act: Act,
    reason: str,
    now: datetime,
    *,
    codes: Collection[str] = (),
) -> None:
    """Keeps a decision on a case or place; a reason that is no code is sealed."""
    row_id = new_id()
    known = reason in codes
    await session.execute(
        insert(LeadDecision).values(
            id=row_id,
            subject_id=subject_id,
            act=act,
            reason=reason if known else None,
            words_sealed=None if known else cipher.encrypt(reason.encode(), _seal_of(row_id)),
            decided_at=now,
        )
    )


async def decisions_on(
    session: AsyncSession, cipher: FieldCipher, subject_ids: Sequence[UUID]
) -> dict[UUID, list[LeadsDecision]]:
    """The decisions by case or place, the latest first."""
    rows = await session.scalars(
        select(LeadDecision)
        .where(col(LeadDecision.subject_id).in_(subject_ids))
        .order_by(col(LeadDecision.id).desc())
    )
    found: dict[UUID, list[LeadsDecision]] = {subject_id: [] for subject_id in subject_ids}
    for row in rows:
        found[row.subject_id].append(_view(row, cipher))
    return found


def _view(row: LeadDecision, cipher: FieldCipher) -> LeadsDecision:
    words = row.reason or ""
    if row.words_sealed is not None:
        words = cipher.decrypt(row.words_sealed, _seal_of(row.id)).decode()
    return LeadsDecision(act=Act(row.act), at=row.decided_at, reason=words)


def _seal_of(row_id: UUID) -> str:
    return f"lead_decisions/{row_id}"
