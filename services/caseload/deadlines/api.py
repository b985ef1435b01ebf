"""`PUT /v1/cases/{id}/statutory-ground`: whether the law sets a date (scope `cases:write`)."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.caseload.cases.dependencies import CaseChange
from services.caseload.cases.schemas import CaseView
from services.caseload.deadlines import commands
from services.caseload.deadlines.schemas import GroundBody
from shared import web
from shared.web import Index, Session

router = APIRouter(prefix="/v1/cases/{case_id}/statutory-ground", tags=["deadlines"])


@router.put("", response_model=CaseView, summary="Say whether the law sets a date for the client")
async def put_statutory_ground(
    body: GroundBody, change: CaseChange, session: Session, index: Index
) -> JSONResponse:
    """The case with its `assessment_due_on`. Referrals tell of persons over 75 by themselves; the
    other grounds are learned by meeting the client. An urgent need stays one whatever is said."""
    return web.answer(await commands.record_ground(session, index, change, body))
