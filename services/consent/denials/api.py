"""`/v1/denials` (scopes `consents:write` and `consents:read`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse

from services.consent.denials import commands, queries
from services.consent.denials.schemas import DenialBody, DenialView
from services.consent.history.schemas import History
from shared import web
from shared.auth import Caller, scoped
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import IdempotencyKey, Index, Session, etag, expected_version

router = APIRouter(prefix="/v1/denials", tags=["denials"])
Writer = Annotated[Caller, Depends(scoped("consents:write"))]
Reader = Annotated[Caller, Depends(scoped("consents:read"))]


@router.post("", status_code=201, response_model=DenialView, summary="Record a denial")
async def post_denial(
    body: DenialBody, caller: Writer, session: Session, index: Index, key: IdempotencyKey = None
) -> JSONResponse:
    """Records what a client forbids, from now on: everything, one direction, one partner, or named
    organisations and classes of data. It wins over every consent until it is lifted."""
    denying = commands.Denying(caller, body, key)
    return web.answer(await commands.deny(session, index, denying))


@router.get("", summary="A client's denials, newest first")
async def get_denials(
    client_ref: Annotated[UUID, Query(description="whose")],
    caller: Reader,
    session: Session,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[DenialView]:
    """A page, with the lifted ones. The look is logged."""
    return await queries.list_denials(session, caller, client_ref, limit=limit, cursor=cursor)


@router.get("/{denial_id}", summary="A denial")
async def get_denial(
    denial_id: UUID, caller: Reader, session: Session, response: Response
) -> DenialView:
    """The denial, with its ETag. The look is logged."""
    denial = await queries.read_denial(session, caller, denial_id)
    response.headers["ETag"] = etag(denial.version)
    return queries.view(denial)


@router.get("/{denial_id}/history", summary="What became of a denial")
async def get_history(denial_id: UUID, caller: Reader, session: Session) -> History:
    """Every change, the first first, and who made it. The look is logged."""
    return await queries.read_history(session, caller, denial_id)


@router.post("/{denial_id}/lift", summary="Lift a denial")
async def lift_denial(
    denial_id: UUID,
    caller: Writer,
    session: Session,
    response: Response,
    expected: Annotated[int, Depends(expected_version)],
) -> DenialView:
    """Consents that are in force count again. Needs If-Match; lifted twice is 409."""
    denial = await commands.lift(session, caller, denial_id, expected)
    response.headers["ETag"] = etag(denial.version)
    return queries.view(denial)
