"""Writing a group session down: one transaction, once per idempotency key."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.group_sessions import queries
from services.caseload.group_sessions.schemas import GroupSessionBody
from services.caseload.references import named_cases, named_team, refusal
from services.caseload.tables import Case, GroupAttendance, GroupSession
from shared import audit, outbox
from shared.auth import Caller
from shared.calendar import noon_of
from shared.clock import utc_now
from shared.contracts.registers import GroupSessionHeld
from shared.idempotency import Answer, RequestKey, once
from shared.ids import new_id


async def hold(
    session: AsyncSession, caller: Caller, request: RequestKey | None, body: GroupSessionBody
) -> Answer:
    """Keeps who came; tells only how many.

    Raises `validation_failed` for a team or a case that is not the caller's, and when more clients
    are named than people came.
    """
    named = sorted(set(body.clients))
    if len(named) > body.attendance:
        detail = "more clients are named than people came"
        raise refusal("/attendance", "fewer_than_clients", detail)

    async def work() -> Answer:
        await named_team(session, caller, body.team)
        cases = await named_cases(session, caller, named, "/clients")
        row = GroupSession(
            id=new_id(),
            team=body.team,
            held_on=body.on,
            theme=body.theme,
            attendance=body.attendance,
            recorded_at=utc_now(),
        )
        session.add(row)
        await session.flush()
        await _keep_attendances(session, row, cases)
        acted = queries.entries("group_session.create", row, cases)
        await audit.record(session, caller, *acted)
        await outbox.append(session, [outbox.message(_held(row, len(cases)), key=row.id)])
        view = queries.view_of(row, named).model_dump(mode="json")
        return Answer(201, view, {"Location": f"/v1/group-sessions/{row.id}"})

    async with session.begin():
        return await once(session, request, work)


async def _keep_attendances(
    session: AsyncSession, row: GroupSession, cases: Sequence[Case]
) -> None:
    pairs = [{"session_id": row.id, "case_id": case.id} for case in cases]
    if pairs:
        await session.execute(insert(GroupAttendance), pairs)


def _held(row: GroupSession, clients: int) -> GroupSessionHeld:
    return GroupSessionHeld(
        aggregate_id=row.id,
        version=1,
        occurred_at=min(noon_of(row.held_on), row.recorded_at),
        team=row.team,
        held_on=row.held_on,
        theme=row.theme,
        attendance=row.attendance,
        clients=clients,
    )
