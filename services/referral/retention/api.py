"""`/v1/retention-runs` (scope `retention:admin`): erase what is past its time, or count it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from services.referral.retention import commands, queries
from services.referral.retention.schemas import RunBody, RunView
from services.referral.settings import Settings
from shared import web
from shared.auth import Caller, scoped
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.web import IdempotencyKey, Index, Session

router = APIRouter(prefix="/v1/retention-runs", tags=["retention"])
Admin = Annotated[Caller, Depends(scoped("retention:admin"))]


@router.post("", status_code=202, response_model=RunView, summary="Start a retention run")
async def post_run(
    body: RunBody,
    request: Request,
    caller: Admin,
    session: Session,
    index: Index,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """Erases what identifies persons in matters whose time is past, by matter and service
    function; the pseudonymous rows and events stay. A dry run only counts. Follow the run at its
    Location."""
    settings: Settings = request.app.state.settings
    answer = await commands.start_run(
        session,
        index,
        caller,
        body,
        settings.retention_rules,
        today=utc_now().astimezone(FINLAND).date(),
        may_run_ahead=settings.allow_retention_ahead,
        key=key,
    )
    return web.answer(answer)


@router.get("/{run_id}", summary="A retention run and its report")
async def get_run(run_id: UUID, _: Admin, session: Session) -> RunView:
    """Counts per matter, what was erased, and the oldest that is kept."""
    return await queries.read_run(session, run_id)
