"""`POST /v1/cases/{id}/housing`: how the client lives (scope `cases:write`)."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.caseload.cases.dependencies import CaseChange
from services.caseload.cases.schemas import CaseView
from services.caseload.housing import commands
from services.caseload.housing.schemas import HousingBody
from shared import web
from shared.web import Index, Session

router = APIRouter(prefix="/v1/cases/{case_id}/housing", tags=["housing"])


@router.post("", response_model=CaseView, summary="The client lives differently")
async def post_housing(
    body: HousingBody, change: CaseChange, session: Session, index: Index
) -> JSONResponse:
    """The case."""
    return web.answer(await commands.change_housing(session, index, change, body))
