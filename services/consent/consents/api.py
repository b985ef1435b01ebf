"""`/v1/consents` (scopes `consents:write` and `consents:read`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse

from services.consent.consents import commands, queries
from services.consent.consents.schemas import ConsentBody, ConsentView
from services.consent.history.schemas import History
from shared import web
from shared.auth import Caller, scoped
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import IdempotencyKey, Index, Session, etag, expected_version

router = APIRouter(prefix="/v1/consents", tags=["consents"])
Writer = Annotated[Caller, Depends(scoped("consents:write"))]
Reader = Annotated[Caller, Depends(scoped("consents:read"))]


@router.post("", status_code=201, response_model=ConsentView, summary="Record a consent")
async def post_consent(
    body: ConsentBody, caller: Writer, session: Session, index: Index, key: IdempotencyKey = None
) -> JSONResponse:
    """Records what a client permits in one direction; the other direction is a consent of its
    own."""
    giving = commands.Giving(caller, body, key)
    return web.answer(await commands.give_consent(session, index, giving))


@router.get("", summary="A client's consents, newest first")
async def get_consents(
    client_ref: Annotated[UUID, Query(description="whose")],
    caller: Reader,
    session: Session,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[ConsentView]:
    """A page, with the revoked and the expired ones. The look is logged."""
    return await queries.list_consents(session, caller, client_ref, limit=limit, cursor=cursor)


@router.get("/{consent_id}", summary="A consent")
async def get_consent(
    consent_id: UUID, caller: Reader, session: Session, response: Response
) -> ConsentView:
    """The consent, with its ETag. The look is logged."""
    consent = await queries.read_consent(session, caller, consent_id)
    response.headers["ETag"] = etag(consent.version)
    return queries.view(consent)


@router.get("/{consent_id}/history", summary="What became of a consent")
async def get_history(consent_id: UUID, caller: Reader, session: Session) -> History:
    """Every change, the first first, and who made it. The look is logged."""
    return await queries.read_history(session, caller, consent_id)


@router.post("/{consent_id}/revoke", summary="Take a consent back")
async def revoke_consent(
    consent_id: UUID,
    caller: Writer,
    session: Session,
    response: Response,
    expected: Annotated[int, Depends(expected_version)],
) -> ConsentView:
    """From now on nothing more is told on this consent. Needs If-Match; revoked twice is 409."""
    consent = await commands.revoke_consent(session, caller, consent_id, expected)
    response.headers["ETag"] = etag(consent.version)
    return queries.view(consent)
