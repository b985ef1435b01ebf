"""`GET /v1/referrals/{id}/content` (scope `clients:read`): what events never carry."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.referral.clients.purpose import Purpose
from services.referral.content import queries
from services.referral.content.schemas import ContentView
from services.referral.settings import Settings
from shared.auth import Caller, scoped
from shared.web import Cipher, Session

router = APIRouter(prefix="/v1/referrals", tags=["content"])
Reader = Annotated[Caller, Depends(scoped("clients:read"))]


@router.get("/{referral_id}/content", summary="What the sender told of the person")
async def get_content(
    referral_id: UUID,
    caller: Reader,
    purpose: Purpose,
    request: Request,
    session: Session,
    cipher: Cipher,
) -> ContentView:
    """For the team that goes to meet the person: who they are to this sender, the narrative, whom
    to call back. The look is logged with its purpose."""
    settings: Settings = request.app.state.settings
    return await queries.read_content(
        session, cipher, caller, referral_id, purpose, kept_days=settings.refused_kept_days
    )
