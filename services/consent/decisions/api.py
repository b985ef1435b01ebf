"""`POST /v1/decisions` (scope `consents:read`)."""

from typing import Annotated

from fastapi import APIRouter, Depends

from services.consent.decisions import commands
from services.consent.decisions.schemas import DecisionBody, DecisionView
from shared.auth import Caller, scoped
from shared.web import Session

router = APIRouter(prefix="/v1/decisions", tags=["decisions"])
Asker = Annotated[Caller, Depends(scoped("consents:read"))]


@router.post("", summary="Ask whether something may be told")
async def post_decision(body: DecisionBody, caller: Asker, session: Session) -> DecisionView:
    """Permit or deny, with the basis. Ask anew each time: a consent can be taken back. The
    decision is logged with its purpose."""
    decision = await commands.make_decision(session, caller, body)
    return DecisionView(
        decision=decision.verdict,
        basis=decision.basis,
        consent_id=decision.consent_id,
        obligations=list(decision.obligations),
        valid_until=decision.valid_until,
    )
