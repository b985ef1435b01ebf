"""Reading group sessions; each shows which clients came, and is logged for each of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.group_sessions.schemas import GroupSessionView
from services.caseload.sight import in_sight
from services.caseload.tables import Case, GroupAttendance, GroupSession
from shared import audit
from shared.auth import Caller
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem


async def read_session(session: AsyncSession, caller: Caller, session_id: UUID) -> GroupSessionView:
    """A group session of a team in the caller's sight. Raises `not_found`."""
    async with session.begin():
        row: GroupSession | None = await session.scalar(
            select(GroupSession).where(
                col(GroupSession.id) == session_id, in_sight(caller, col(GroupSession.team))
            )
        )
        if row is None:
            raise Problem(NOT_FOUND)
        attending = await _attending(session, [row])
        await audit.record(session, caller, *entries("group_session.read", row, attending[row.id]))
        return view_of(row, [case.id for case in attending[row.id]])


async def list_sessions(
    session: AsyncSession, caller: Caller, team: UUID | None, *, limit: int, cursor: str | None
) -> Page[GroupSessionView]:
    """A page of the group sessions of the teams in the caller's sight, last written first."""
    conditions = [in_sight(caller, col(GroupSession.team))]
    if team is not None:
        conditions.append(col(GroupSession.team) == team)
    behind = decode_cursor(cursor)
    if behind is not None:
        conditions.append(col(GroupSession.id) < behind)
    newest = select(GroupSession).where(*conditions).order_by(col(GroupSession.id).desc())
    async with session.begin():
        rows = (await session.scalars(newest.limit(limit + 1))).all()
        attending = await _attending(session, rows[:limit])
        for row in rows[:limit]:
            shown = entries("group_session.read", row, attending[row.id])
            await audit.record(session, caller, *shown)
        return page_of(
            rows,
            limit,
            lambda row: row.id,
            lambda row: view_of(row, [case.id for case in attending[row.id]]),
        )


def view_of(row: GroupSession, clients: Iterable[UUID]) -> GroupSessionView:
    """The group session as its team sees it."""
    return GroupSessionView(
        id=row.id,
        team=row.team,
        on=row.held_on,
        theme=row.theme,
        attendance=row.attendance,
        clients=sorted(clients),
    )


def entries(action: str, row: GroupSession, attending: Sequence[Case]) -> list[audit.Entry]:
    """The audit rows of an act on a group session: one for each client whom it shows, and one
    where it shows none."""
    clients: list[UUID | None] = [case.client_ref for case in attending]
    return [
        audit.Entry(
            action, "group_session", subject_id=row.id, client_ref=client_ref, purpose="care"
        )
        for client_ref in clients or [None]
    ]


async def _attending(session: AsyncSession, rows: Sequence[GroupSession]) -> dict[UUID, list[Case]]:
    found = await session.execute(
        select(col(GroupAttendance.session_id), Case)
        .join(Case, col(Case.id) == col(GroupAttendance.case_id))
        .where(col(GroupAttendance.session_id).in_([row.id for row in rows]))
    )
    attending: dict[UUID, list[Case]] = defaultdict(list)
    for session_id, case in found:
        attending[session_id].append(case)
    return attending
