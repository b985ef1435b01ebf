"""`GET /v1/referrals` and `GET /v1/referrals/{id}` (scope `referrals:read`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response

from services.referral.following import queries
from services.referral.following.schemas import ReferralView
from services.referral.wording import preferred_language
from shared.auth import Caller, scoped
from shared.contracts.codes import ReferralStatus
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import Session
from shared.when import Instant

router = APIRouter(prefix="/v1/referrals", tags=["referrals"])
Reader = Annotated[Caller, Depends(scoped("referrals:read"))]
Languages = Annotated[str | None, Header(alias="Accept-Language")]


@router.get("", summary="The referrals you sent, newest first")
async def get_referrals(
    caller: Reader,
    session: Session,
    response: Response,
    status: Annotated[ReferralStatus | None, Query(description="as you are shown it")] = None,
    since: Annotated[Instant | None, Query(description="received at or after")] = None,
    external_id: Annotated[str | None, Query(max_length=100)] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
    accept_language: Languages = None,
) -> Page[ReferralView]:
    """A page, each referral as far as you may know."""
    language = preferred_language(accept_language)
    response.headers["Content-Language"] = language
    filters = queries.Filters(status, since, external_id)
    return await queries.list_referrals(
        session, caller, filters, limit=limit, cursor=cursor, language=language
    )


@router.get("/{referral_id}", summary="A referral you sent")
async def get_referral(
    referral_id: UUID,
    caller: Reader,
    session: Session,
    response: Response,
    accept_language: Languages = None,
) -> ReferralView:
    """The referral as far as you may know; anybody else's is a 404."""
    language = preferred_language(accept_language)
    view = await queries.read_referral(session, caller, referral_id, language)
    response.headers["Content-Language"] = language
    response.headers["ETag"] = queries.etag_of(view)
    return view
