"""`POST /v1/cases/{id}/return`: the client comes back (scope `cases:write`)."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.caseload.cases.dependencies import CaseChange, Policy
from services.caseload.returns import commands
from services.caseload.returns.schemas import ReturnBody, ReturnView
from shared import web
from shared.web import Index, Session

router = APIRouter(prefix="/v1/cases/{case_id}/return", tags=["returns"])


@router.post("", status_code=201, response_model=ReturnView, summary="The client comes back")
async def post_return(
    change: CaseChange,
    session: Session,
    index: Index,
    policy: Policy,
    body: ReturnBody | None = None,
) -> JSONResponse:
    """The new period, with who knows the client if there is room. Long after the end a new
    referral is needed; ask again what the client consents to."""
    sent, days = body or ReturnBody(), policy.return_window_days
    return web.answer(await commands.come_back(session, index, change, sent, days=days))
