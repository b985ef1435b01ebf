"""Reading why an assignment was made as it was; logged in the transaction."""

from uuid import UUID

from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment.placing import DECISIONS
from services.caseload.assignment.schemas import AssignmentView, CandidateLooked, TeamLooked
from services.caseload.reasons import LeadsDecision, decisions_on
from services.caseload.sight import in_sight
from services.caseload.tables import AssignmentExplanation, Case, WaitlistPlace
from services.caseload.wording import because
from shared import audit
from shared.auth import Caller
from shared.crypto import FieldCipher
from shared.problems import NOT_FOUND, Problem


async def read_assignment(
    session: AsyncSession, cipher: FieldCipher, caller: Caller, case_id: UUID, language: str
) -> AssignmentView:
    """Why the case, or the place in line, is where it is. Raises `not_found`."""
    async with session.begin():
        client_ref = await _client_of(session, caller, case_id)
        explanation = await session.get(AssignmentExplanation, case_id)
        if explanation is None:
            raise Problem(NOT_FOUND, "Nobody was looked for: the case is older than this service.")
        decisions = await decisions_on(session, cipher, [case_id])
        entry = audit.Entry(
            "case.read", "case", subject_id=case_id, client_ref=client_ref, purpose="coordination"
        )
        await audit.record(session, caller, entry)
        return _view(explanation, decisions[case_id], language)


async def _client_of(session: AsyncSession, caller: Caller, case_id: UUID) -> UUID:
    in_work = select(col(Case.client_ref)).where(
        col(Case.id) == case_id, in_sight(caller, col(Case.team))
    )
    in_line = select(col(WaitlistPlace.client_ref)).where(
        col(WaitlistPlace.id) == case_id, in_sight(caller, col(WaitlistPlace.team))
    )
    client_ref: UUID | None = await session.scalar(union_all(in_work, in_line))
    if client_ref is None:
        raise Problem(NOT_FOUND)
    return client_ref


def _view(
    explanation: AssignmentExplanation, decisions: list[LeadsDecision], language: str
) -> AssignmentView:
    decision = DECISIONS.validate_python(explanation.decision)
    return AssignmentView(
        case=explanation.case_id,
        decided_at=explanation.decided_at,
        team=decision.team,
        workers=list(decision.workers),
        why=because(decision.notes, language),
        teams=[
            TeamLooked(
                team=verdict.team, in_line=verdict.in_line, why=because(verdict.why, language)
            )
            for verdict in decision.teams
        ],
        candidates=[
            CandidateLooked(
                worker=candidate.worker,
                team=candidate.team,
                score=round(candidate.score, 3),
                load=candidate.load,
                capacity=candidate.capacity,
                chosen=candidate.chosen,
                why=because(candidate.why, language),
            )
            for candidate in decision.candidates
        ],
        decisions=decisions,
    )
