"""`GET /v1/me`: who am I here (scope `referrals:read` or `referrals:write`)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from services.referral.me import queries
from services.referral.me.schemas import Me
from shared.auth import Caller, scoped
from shared.web import Session

router = APIRouter(prefix="/v1/me", tags=["me"])
Sender = Annotated[Caller, Depends(scoped("referrals:read", "referrals:write"))]


@router.get("", summary="Who you are here, and what you may still do")
async def get_me(request: Request, caller: Sender, session: Session) -> Me:
    """Your partner, its agreement in force, your rate, and how many of your referrals are open as
    far as you may know."""
    return await queries.read_me(session, caller, request.state.rate)
