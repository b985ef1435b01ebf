"""`POST /v1/cases/{id}/assessment`: the assessment of service needs (scope `cases:write`)."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.caseload.assessments import commands
from services.caseload.assessments.schemas import AssessmentBody
from services.caseload.cases.dependencies import CaseChange
from services.caseload.cases.schemas import CaseView
from shared import web
from shared.web import Index, Session

router = APIRouter(prefix="/v1/cases/{case_id}/assessment", tags=["assessments"])


@router.post("", response_model=CaseView, summary="Begin or complete the assessment")
async def post_assessment(
    body: AssessmentBody, change: CaseChange, session: Session, index: Index
) -> JSONResponse:
    """The case: in assessment from its start, in support from its end."""
    return web.answer(await commands.assess(session, index, change, body))
