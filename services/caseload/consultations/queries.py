"""Reading consultations; every one shown is logged in the transaction."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.consultations.schemas import ConsultationRecord, ConsultationView
from services.caseload.sight import in_sight
from services.caseload.tables import Consultation
from shared import audit
from shared.auth import Caller
from shared.contracts.codes import PartnerKind, Reason
from shared.crypto import FieldCipher
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem


async def read_consultation(
    session: AsyncSession, cipher: FieldCipher, caller: Caller, consultation_id: UUID
) -> ConsultationView:
    """A consultation of a team in the caller's sight. Raises `not_found`."""
    async with session.begin():
        row: Consultation | None = await session.scalar(
            select(Consultation).where(
                col(Consultation.id) == consultation_id, in_sight(caller, col(Consultation.team))
            )
        )
        if row is None:
            raise Problem(NOT_FOUND)
        await audit.record(session, caller, entry("consultation.read", row))
        return view_of(cipher, row)


async def list_consultations(
    session: AsyncSession,
    cipher: FieldCipher,
    caller: Caller,
    team: UUID | None,
    *,
    limit: int,
    cursor: str | None,
) -> Page[ConsultationView]:
    """A page of the consultations of the teams in the caller's sight, last written first."""
    conditions = [in_sight(caller, col(Consultation.team))]
    if team is not None:
        conditions.append(col(Consultation.team) == team)
    behind = decode_cursor(cursor)
    if behind is not None:
        conditions.append(col(Consultation.id) < behind)
    newest = select(Consultation).where(*conditions).order_by(col(Consultation.id).desc())
    async with session.begin():
        rows = (await session.scalars(newest.limit(limit + 1))).all()
        shown = [entry("consultation.read", row) for row in rows[:limit]]
        await audit.record(session, caller, *shown)
        return page_of(rows, limit, lambda row: row.id, lambda row: view_of(cipher, row))


def view_of(cipher: FieldCipher, row: Consultation) -> ConsultationView:
    """The consultation as its team reads it."""
    sealed = row.text_sealed
    text = cipher.decrypt(sealed, seal_of(row.id)).decode() if sealed else None
    return ConsultationView(text=text, **record_of(row).model_dump())


def record_of(row: Consultation) -> ConsultationRecord:
    """The consultation without its text: what may be kept in the clear."""
    return ConsultationRecord(
        id=row.id,
        team=row.team,
        asked_by_kind=PartnerKind(row.asked_by_kind),
        topics=[Reason(topic) for topic in row.topics],
        minutes=row.minutes,
        on=row.held_on,
    )


def seal_of(consultation_id: UUID) -> str:
    """What ties the encrypted text to its row."""
    return f"consultations/{consultation_id}"


def entry(action: str, row: Consultation) -> audit.Entry:
    """The audit row of an act on a consultation."""
    return audit.Entry(action, "consultation", subject_id=row.id, purpose="coordination")
