"""`POST /v1/decisions` (scope `consents:read`)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from services.consent.decisions import commands
from services.consent.decisions.schemas import DecisionBody, DecisionView
from services.consent.settings import Settings
from shared.auth import Caller, scoped
from shared.web import Session

router = APIRouter(prefix="/v1/decisions", tags=["decisions"])
Asker = Annotated[Caller, Depends(scoped("consents:read"))]


@router.post("", summary="Ask whether something may be told")
async def post_decision(
    body: DecisionBody, caller: Asker, session: Session, request: Request
) -> DecisionView:
    """Permit or deny, with the basis. Ask anew each time: a consent can be taken back. The
    decision is logged with its purpose. The requester is the caller's own organisation; with the
    scope `consents:write` it may be any. A client that is not known is answered like one who has
    consented to nothing."""
    settings: Settings = request.app.state.settings
    decision = await commands.make_decision(session, caller, settings.purchased_producers, body)
    return DecisionView(
        decision=decision.verdict,
        basis=decision.basis,
        consent_id=decision.consent_id,
        obligations=list(decision.obligations),
        valid_until=decision.valid_until,
        law=decision.law,
    )
