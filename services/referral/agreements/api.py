"""`/v1/partners/{id}/agreements`: what a partner and a team agreed on (scope `partners:admin`)."""

import hashlib
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from fastapi.responses import JSONResponse

from services.referral.agreements import commands, queries
from services.referral.agreements.schemas import AgreementBody, AgreementView
from shared import web
from shared.auth import Caller, scoped
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import Cipher, IdempotencyKey, Index, Session

router = APIRouter(prefix="/v1/partners/{partner_id}/agreements", tags=["agreements"])
Admin = Annotated[Caller, Depends(scoped("partners:admin"))]
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.post("", status_code=201, response_model=AgreementView, summary="Agree anew")
async def post_agreement(
    partner_id: UUID,
    body: AgreementBody,
    caller: Admin,
    session: Session,
    cipher: Cipher,
    index: Index,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """Makes the next version. It takes over on `valid_from`: every version before it ends the day
    before, or never begins."""
    new = commands.NewVersion(caller, partner_id, body, key)
    made = await commands.make_version(session, cipher, index, new)
    contact = body.contact_person.model_dump(mode="json")
    return web.answer(replace(made, body=made.body | {"contact_person": contact}))


@router.get("", summary="All versions, newest first")
async def get_agreements(
    partner_id: UUID,
    caller: Admin,
    session: Session,
    cipher: Cipher,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[AgreementView]:
    """A page; what was once agreed on stays readable."""
    return await queries.list_agreements(
        session, cipher, caller, partner_id, limit=limit, cursor=cursor
    )


@router.get("/{version}", summary="One version")
async def get_agreement(
    partner_id: UUID,
    version: Version,
    caller: Admin,
    session: Session,
    cipher: Cipher,
    response: Response,
) -> AgreementView:
    """The version, with the last day that a later one left it."""
    view = await queries.read_agreement(session, cipher, caller, partner_id, version)
    digest = hashlib.sha256(view.model_dump_json(exclude={"contact_person"}).encode()).hexdigest()
    response.headers["ETag"] = f'"{digest[:16]}"'
    return view
