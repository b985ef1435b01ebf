"""`POST /v1/referrals` (scope `referrals:write`)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse

from services.referral.intake import commands, rules
from services.referral.intake.schemas import Receipt, ReferralBody
from services.referral.settings import Settings
from services.referral.wording import preferred_language
from shared import identity_code, web
from shared.auth import Caller, scoped
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.problems import VALIDATION_FAILED, FieldError, Problem
from shared.web import Cipher, Index, RequiredIdempotencyKey, Session

router = APIRouter(prefix="/v1/referrals", tags=["referrals"])
Sender = Annotated[Caller, Depends(scoped("referrals:write"))]


@router.post(
    "",
    status_code=201,
    response_model=Receipt,
    responses={200: {"description": "The same referral was sent before", "model": Receipt}},
    summary="Send a referral",
)
async def post_referral(
    body: ReferralBody,
    request: Request,
    caller: Sender,
    session: Session,
    cipher: Cipher,
    index: Index,
    key: RequiredIdempotencyKey,
    accept_language: Annotated[str | None, Header()] = None,
) -> JSONResponse:
    """Takes a referral and answers a receipt. Repeat it with the same Idempotency-Key as often as
    you need; it is taken once."""
    settings: Settings = request.app.state.settings
    checked = _checked(body, allow_test_codes=settings.allow_test_identity_codes)
    intake = commands.Intake(caller, checked, key, preferred_language(accept_language))
    return web.answer(await commands.submit_referral(session, cipher, index, intake))


def _checked(body: ReferralBody, *, allow_test_codes: bool) -> ReferralBody:
    """The body with its identity code in normal form. Raises `validation_failed`."""
    today = utc_now().astimezone(FINLAND).date()
    errors: list[FieldError] = []
    code = None
    if body.client.identity_code is not None:
        try:
            code = identity_code.normalise(
                body.client.identity_code, allow_test_codes=allow_test_codes
            )
        except ValueError as error:
            errors.append(FieldError("/client/identity_code", "identity_code_invalid", str(error)))
    of_code = identity_code.birth_date_of(code) if code else None
    impossible = rules.birth_date_error(body.client.birth_date, of_code, today)
    if impossible:
        errors.append(FieldError("/client/birth_date", impossible, "this date cannot be"))
    impossible = rules.release_date_error(body.leaves_institution_on, today)
    if impossible:
        errors.append(FieldError("/leaves_institution_on", impossible, "this date cannot be"))
    if errors:
        raise Problem(VALIDATION_FAILED, errors=errors)
    client = body.client.model_copy(update={"identity_code": code})
    return body.model_copy(update={"client": client})
