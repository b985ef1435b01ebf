"""`POST /v1/referrals/{id}/amendments`, `/cancel` and `/entered-in-error` (scope
`referrals:write`): the sender changes what it sent, or takes it back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse

from services.referral.changes import amending, commands
from services.referral.changes.commands import Change
from services.referral.changes.schemas import AmendmentBody, CancelBody, ErrorBody
from services.referral.following.schemas import ReferralView
from services.referral.settings import Settings
from services.referral.wording import preferred_language
from shared import web
from shared.auth import Caller, scoped
from shared.web import Cipher, IdempotencyKey, Index, RequiredIfMatch, Session

router = APIRouter(prefix="/v1/referrals/{referral_id}", tags=["referrals"])


async def _change(
    referral_id: UUID,
    caller: Annotated[Caller, Depends(scoped("referrals:write"))],
    if_match: RequiredIfMatch,
    key: IdempotencyKey = None,
    accept_language: Annotated[str | None, Header()] = None,
) -> Change:
    language = preferred_language(accept_language)
    return Change(caller, referral_id, if_match, key, language)


Changing = Annotated[Change, Depends(_change)]


@router.post("/amendments", response_model=ReferralView, summary="Change a referral you sent")
async def post_amendment(
    body: AmendmentBody,
    change: Changing,
    request: Request,
    session: Session,
    cipher: Cipher,
    index: Index,
) -> JSONResponse:
    """Changes the fields you name and leaves the others; null takes away what may be lacking."""
    settings: Settings = request.app.state.settings
    allow = settings.allow_test_identity_codes
    done = await amending.amend(session, cipher, index, change, body, allow_test_codes=allow)
    return web.answer(done)


@router.post("/cancel", response_model=ReferralView, summary="Take a referral back")
async def post_cancel(
    body: CancelBody, change: Changing, session: Session, cipher: Cipher, index: Index
) -> JSONResponse:
    """The need has passed. A client whom the team works with already stays its client."""
    return web.answer(await commands.cancel(session, cipher, index, change, body))


@router.post(
    "/entered-in-error", response_model=ReferralView, summary="A referral was sent in error"
)
async def post_entered_in_error(
    change: Changing,
    session: Session,
    cipher: Cipher,
    index: Index,
    body: ErrorBody | None = None,
) -> JSONResponse:
    """It should never have been sent, and counts as none. The body may be left out."""
    return web.answer(
        await commands.mark_entered_in_error(session, cipher, index, change, body or ErrorBody())
    )
