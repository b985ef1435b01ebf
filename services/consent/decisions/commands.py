"""Deciding, and logging what was decided in the same transaction."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.decisions.asking import SOURCE
from services.consent.decisions.queries import holdings_of
from services.consent.decisions.rules import (
    Decision,
    Question,
    Relationship,
    Requester,
    decide,
)
from services.consent.decisions.schemas import DecisionBody
from shared import audit
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import Sector
from shared.problems import NOT_THE_REQUESTER, Problem

ASKS_FOR_OTHERS = "consents:write"
"""Who keeps clients' consents may ask on behalf of any requester; others ask for themselves."""
Producers = Mapping[str, frozenset[Sector]]


async def make_decision(
    session: AsyncSession, caller: Caller, producers: Producers, body: DecisionBody
) -> Decision:
    """Decides by what the client's consents and denials say now. `producers` are the organisations
    that produce services inside a register. Raises `not_the_requester`."""
    if ASKS_FOR_OTHERS not in caller.scopes and not _is_requester(caller, body):
        raise Problem(NOT_THE_REQUESTER)
    question = Question(
        requester=Requester(
            body.requester.organisation, body.requester.sector, body.requester.profession
        ),
        purpose=body.purpose,
        data_class=body.data_class,
        direction=body.direction,
        moment=utc_now(),
        statutory_right=body.statutory_right,
    )
    async with session.begin():
        holdings = await holdings_of(session, body.client_ref)
        relationship = _relationship(question, producers)
        decision = decide(question, replace(holdings, relationship=relationship))
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


def _is_requester(caller: Caller, body: DecisionBody) -> bool:
    return caller.org is not None and caller.org.lower() == body.requester.organisation


def _relationship(question: Question, producers: Producers) -> Relationship:
    registers = producers.get(question.requester.organisation, frozenset())
    inside = SOURCE.get(question.direction) in registers
    return Relationship.INSIDE_REGISTER if inside else Relationship.OUTSIDE
