"""`/v1/waitlist`: who waits and why in this order (scope `cases:read`), and a lead's own order."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from services.caseload.waitlist import commands, queries
from services.caseload.waitlist.schemas import MoveBody, PlaceView
from shared import web
from shared.auth import Caller, scoped
from shared.languages import WantedLanguage
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import Cipher, IdempotencyKey, Index, Session

router = APIRouter(prefix="/v1/waitlist", tags=["waitlist"])
Reader = Annotated[Caller, Depends(scoped("cases:read"))]
Lead = Annotated[Caller, Depends(scoped("teams:admin"))]


@router.get("", summary="Who waits, the next one first")
async def get_waitlist(
    caller: Reader,
    session: Session,
    cipher: Cipher,
    language: WantedLanguage,
    team: Annotated[UUID | None, Query(description="who waits for this team")] = None,
    client_ref: Annotated[
        UUID | None, Query(description="who; a place under another ref of theirs is found too")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[PlaceView]:
    """A page, in the order in which room will be given, each with its rank and why."""
    return await queries.list_places(
        session, cipher, caller, team, client_ref, limit=limit, cursor=cursor, language=language
    )


@router.post(
    "/{place_id}/move", response_model=PlaceView, summary="Move a client in line, as a lead"
)
async def post_move(
    place_id: UUID,
    body: MoveBody,
    caller: Lead,
    session: Session,
    cipher: Cipher,
    index: Index,
    language: WantedLanguage,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """The place with its new rank. The reason is kept and shown with it; nobody is told."""
    wish = commands.Move(caller, place_id, key, language)
    return web.answer(await commands.move(session, cipher, index, wish, body))
