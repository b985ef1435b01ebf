"""Deciding, and logging what was decided in the same transaction."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.decisions.queries import consents_of
from services.consent.decisions.rules import Decision, Question, Requester, decide
from services.consent.decisions.schemas import DecisionBody
from shared import audit
from shared.auth import Caller
from shared.clock import utc_now


async def make_decision(session: AsyncSession, caller: Caller, body: DecisionBody) -> Decision:
    """Decides by what the client's consents say now."""
    question = Question(
        requester=Requester(
            body.requester.organisation, body.requester.sector, body.requester.profession
        ),
        purpose=body.purpose,
        data_class=body.data_class,
        direction=body.direction,
        moment=utc_now(),
    )
    async with session.begin():
        decision = decide(question, await consents_of(session, body.client_ref))
        entry = audit.Entry(
            "decision.made",
            "client",
            subject_id=decision.consent_id,
            client_ref=body.client_ref,
            purpose=body.purpose,
            basis=decision.basis,
        )
        await audit.record(session, caller, entry)
    return decision
