"""`/v1/consultations`: anonymous questions (scopes `cases:read`, `cases:write`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from services.caseload.consultations import commands, queries
from services.caseload.consultations.schemas import (
    ConsultationBody,
    ConsultationRecord,
    ConsultationView,
)
from shared import web
from shared.auth import Caller, scoped
from shared.idempotency import request_key
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import Cipher, IdempotencyKey, Index, Session

router = APIRouter(prefix="/v1/consultations", tags=["consultations"])
Reader = Annotated[Caller, Depends(scoped("cases:read"))]
Writer = Annotated[Caller, Depends(scoped("cases:write"))]


@router.post(
    "",
    status_code=201,
    response_model=ConsultationRecord,
    summary="Write an anonymous consultation down",
)
async def post_consultation(
    body: ConsultationBody,
    caller: Writer,
    session: Session,
    cipher: Cipher,
    index: Index,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """A text with an identity code, a phone number or an e-mail address is refused: 422."""
    request = request_key(
        index,
        caller=caller.client_id,
        key=key,
        operation="POST /v1/consultations",
        body=body.model_dump(mode="json"),
    )
    return web.answer(await commands.hold(session, cipher, caller, request, body))


@router.get("", summary="Consultations, last written first")
async def get_consultations(
    caller: Reader,
    session: Session,
    cipher: Cipher,
    team: Annotated[UUID | None, Query(description="the team that was asked")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[ConsultationView]:
    """A page. A caller that speaks for a team sees that team's."""
    return await queries.list_consultations(
        session, cipher, caller, team, limit=limit, cursor=cursor
    )


@router.get("/{consultation_id}", summary="A consultation")
async def get_consultation(
    consultation_id: UUID, caller: Reader, session: Session, cipher: Cipher
) -> ConsultationView:
    """With its text; another team's is a 404."""
    return await queries.read_consultation(session, cipher, caller, consultation_id)
