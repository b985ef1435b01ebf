"""`POST /v1/referrals` (scope `referrals:write`)."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Header, Request
from fastapi.responses import JSONResponse

from services.referral.intake import checks
from services.referral.intake.commands import Intake, Intakes
from services.referral.intake.examples import OPENAPI_EXAMPLES
from services.referral.intake.schemas import Receipt, ReferralBody
from services.referral.settings import Settings
from services.referral.wording import preferred_language
from shared import web
from shared.auth import Caller, scoped
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.web import DirectRoute, RequiredIdempotencyKey

router = APIRouter(prefix="/v1/referrals", tags=["referrals"], route_class=DirectRoute)
Sender = Annotated[Caller, Depends(scoped("referrals:write"))]


@router.post(
    "",
    status_code=201,
    response_model=Receipt,
    responses={200: {"description": "The same referral was sent before", "model": Receipt}},
    summary="Send a referral",
)
async def post_referral(
    body: Annotated[ReferralBody, Body(openapi_examples=OPENAPI_EXAMPLES)],
    request: Request,
    caller: Sender,
    key: RequiredIdempotencyKey,
    accept_language: Annotated[str | None, Header()] = None,
) -> JSONResponse:
    """Takes a referral and answers a receipt. Repeat it with the same Idempotency-Key as often as
    you need; it is taken once."""
    settings: Settings = request.app.state.settings
    intakes: Intakes = request.app.state.intakes
    today = utc_now().astimezone(FINLAND).date()
    checked = checks.checked(body, allow_test_codes=settings.allow_test_identity_codes, today=today)
    intake = Intake(caller, checked, key, preferred_language(accept_language))
    return web.answer(await intakes.submit(intake))
