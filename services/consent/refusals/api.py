"""`/v1/refusals` (scopes `consents:write` and `consents:read`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from services.consent.refusals import commands, queries
from services.consent.refusals.schemas import RefusalBody, RefusalView
from shared import web
from shared.auth import Caller, scoped
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import IdempotencyKey, Index, Session

router = APIRouter(prefix="/v1/refusals", tags=["refusals"])
Writer = Annotated[Caller, Depends(scoped("consents:write"))]
Reader = Annotated[Caller, Depends(scoped("consents:read"))]


@router.post("", status_code=201, response_model=RefusalView, summary="Record a refusal")
async def post_refusal(
    body: RefusalBody, caller: Writer, session: Session, index: Index, key: IdempotencyKey = None
) -> JSONResponse:
    """The client was asked for consent and said no. The question is answered; what was collected
    beyond the basis of a referral becomes due for erasure. It forbids nothing: that is a denial."""
    refusing = commands.Refusing(caller, body, key)
    return web.answer(await commands.refuse(session, index, refusing))


@router.get("", summary="A client's refusals, newest first")
async def get_refusals(
    client_ref: Annotated[UUID, Query(description="whose")],
    caller: Reader,
    session: Session,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[RefusalView]:
    """A page. The look is logged."""
    return await queries.list_refusals(session, caller, client_ref, limit=limit, cursor=cursor)


@router.get("/{refusal_id}", summary="A refusal")
async def get_refusal(refusal_id: UUID, caller: Reader, session: Session) -> RefusalView:
    """The refusal. The look is logged."""
    return await queries.read_refusal(session, caller, refusal_id)
