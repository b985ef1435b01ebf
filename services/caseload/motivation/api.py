"""`POST /v1/cases/{id}/motivation`: the client's points (scope `cases:write`)."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.caseload.cases.dependencies import CaseChange
from services.caseload.cases.schemas import CaseView
from services.caseload.motivation import commands
from services.caseload.motivation.schemas import MotivationBody
from shared import web
from shared.web import Index, Session

router = APIRouter(prefix="/v1/cases/{case_id}/motivation", tags=["motivation"])


@router.post("", status_code=201, response_model=CaseView, summary="Write motivation points down")
async def post_motivation(
    body: MotivationBody, change: CaseChange, session: Session, index: Index
) -> JSONResponse:
    """The case. Fewer points than before may mean that the need has fallen."""
    return web.answer(await commands.record_motivation(session, index, change, body))
