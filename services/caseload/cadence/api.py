"""`POST /v1/cases/{id}/cadence`: how often client and team meet (scope `cases:write`)."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.caseload.cadence import commands
from services.caseload.cadence.schemas import CadenceBody
from services.caseload.cases.dependencies import CaseChange
from services.caseload.cases.schemas import CaseView
from shared import web
from shared.web import Index, Session

router = APIRouter(prefix="/v1/cases/{case_id}/cadence", tags=["cadence"])


@router.post("", response_model=CaseView, summary="Agree on a cadence, or taper")
async def post_cadence(
    body: CadenceBody, change: CaseChange, session: Session, index: Index
) -> JSONResponse:
    """The case: in support with a cadence, tapering with one that ends gradually."""
    return web.answer(await commands.change_cadence(session, index, change, body))
