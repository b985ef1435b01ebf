"""`POST /v1/cases/{id}/segment`: the client's segment (scope `cases:write`)."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.caseload.cases.dependencies import CaseChange, Policy
from services.caseload.cases.schemas import CaseView
from services.caseload.segments import commands
from services.caseload.segments.schemas import SegmentBody
from shared import web
from shared.web import Index, Session

router = APIRouter(prefix="/v1/cases/{case_id}/segment", tags=["segments"])


@router.post("", response_model=CaseView, summary="Place the client in a segment")
async def post_segment(
    body: SegmentBody, change: CaseChange, session: Session, index: Index, policy: Policy
) -> JSONResponse:
    """The case. The codes are the county's own."""
    return web.answer(await commands.set_segment(session, index, change, body, policy))
