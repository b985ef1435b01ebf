"""`/v1/cases/{id}/assignment`: why these workers (scope `cases:read`), and others instead of them
(scope `cases:write`)."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.caseload.assignment import explaining, reassigning
from services.caseload.assignment.schemas import AssignmentView, ReassignmentBody
from services.caseload.cases.dependencies import CaseChange, Reader
from services.caseload.cases.schemas import CaseView
from shared import web
from shared.languages import WantedLanguage
from shared.web import Cipher, Index, Session

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["assignment"])


@router.get("/assignment", summary="Why these workers, or why a client waits")
async def get_assignment(
    case_id: UUID, caller: Reader, session: Session, cipher: Cipher, language: WantedLanguage
) -> AssignmentView:
    """Every team and worker that was looked at, with their score and why, or why not."""
    return await explaining.read_assignment(session, cipher, caller, case_id, language)


@router.post("/reassign", response_model=CaseView, summary="Give a case to other workers")
async def post_reassign(
    body: ReassignmentBody, change: CaseChange, session: Session, cipher: Cipher, index: Index
) -> JSONResponse:
    """The case with its new workers. 409 when one is absent or full and no lead overrides it."""
    return web.answer(await reassigning.reassign(session, cipher, index, change, body))
