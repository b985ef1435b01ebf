"""Each handler changes the one row its event concerns, inside the consumer's transaction.

Events of the two topics come in any order and some come twice: every upsert makes its row if it
is the first to speak of it, and fills its own columns only with what is newer.
"""

from typing import Any, cast

from sqlalchemy import case, or_, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.projections import belonging, visits
from services.analytics.projections.rows import fill
from services.analytics.projections.working_clock import hours_at
from services.analytics.tables import CaseFact, ReferralFact
from shared import telemetry
from shared.contracts.caseload import (
    CaseAssigned,
    CaseClosed,
    CaseRedirected,
    CaseWaitlisted,
    ReferralAccepted,
)
from shared.contracts.municipalities import county_of
from shared.contracts.referral import ReferralAmended, ReferralReceived
from shared.messages import Received

Outcome = ReferralAccepted | CaseRedirected | CaseWaitlisted
_OUTCOMES: dict[type[Outcome], str] = {
    ReferralAccepted: "accepted",
    CaseRedirected: "redirected",
    CaseWaitlisted: "waitlisted",
}
_FLAGS = {outcome: f"was_{outcome}" for outcome in _OUTCOMES.values()}
_ORDER = ("outcome_at", "outcome_version", "case_id")
"""Several cases may speak of one referral, so the version alone does not order its outcomes."""


async def learn_referral(session: AsyncSession, event: Received) -> None:
    """What the sender told."""
    data = cast(ReferralReceived, event.data)
    told = {
        "client_ref": data.client_ref,
        "source_kind": data.source_kind,
        "received_at": data.received_at,
        "received_hours": hours_at(data.received_at),
    }
    await fill(
        session,
        ReferralFact,
        {"referral_id": data.aggregate_id},
        newer={"version": told, "codes_version": _codes(data)},
        version=data.version,
    )
    telemetry.tag(referral_id=str(data.aggregate_id))


async def amend_referral(session: AsyncSession, event: Received) -> None:
    """The sender mended what the referral says; the newest codes hold."""
    data = cast(ReferralAmended, event.data)
    await fill(
        session,
        ReferralFact,
        {"referral_id": data.aggregate_id},
        once={"client_ref": data.client_ref},
        newer={"codes_version": _codes(data)},
        version=data.version,
    )
    telemetry.tag(referral_id=str(data.aggregate_id))


def _codes(data: ReferralReceived | ReferralAmended) -> dict[str, Any]:
    return {
        "municipality": data.municipality,
        "county": county_of(data.municipality),
        "urgency": data.urgency,
        "age_group": data.age_group,
        "housing_status": data.housing_status,
        "eviction_stage": data.eviction_stage,
    }


async def learn_outcome(session: AsyncSession, event: Received) -> None:
    """What a team did with a referral. A redirected referral that is then accepted was both."""
    data = cast(Outcome, event.data)
    outcome = _OUTCOMES[type(data)]
    latest = {
        "outcome": outcome,
        "team": data.team,
        "case_id": data.aggregate_id,
        "outcome_at": data.occurred_at,
        "outcome_version": data.version,
    }
    values: dict[str, Any] = {**latest, _FLAGS[outcome]: True}
    upsert = insert(ReferralFact).values(
        referral_id=data.referral_id, client_ref=data.client_ref, **values
    )
    newer = or_(
        col(ReferralFact.outcome_at).is_(None),
        tuple_(*(upsert.excluded[name] for name in _ORDER))
        > tuple_(*(getattr(ReferralFact, name) for name in _ORDER)),
    )
    changes: dict[str, Any] = {
        name: case((newer, upsert.excluded[name]), else_=getattr(ReferralFact, name))
        for name in latest
    }
    await session.execute(
        upsert.on_conflict_do_update(
            index_elements=[col(ReferralFact.referral_id)],
            set_={**changes, _FLAGS[outcome]: True},
        )
    )
    telemetry.tag(referral_id=str(data.referral_id))


async def open_case(session: AsyncSession, event: Received) -> None:
    """A case began, here or in imported history, which tells more of it."""
    data = cast(CaseAssigned, event.data)
    values: dict[str, Any] = {
        "team": data.team,
        "county": data.county,
        "municipality": data.municipality,
        "opened_at": data.opened_at,
        "source_kind": data.source_kind,
        "age_group": data.age_group,
        "status_at_opening": data.status,
        "alternative_at_opening": data.alternative_service,
        "opened_version": data.version,
    }
    await belonging.hold(session, data.aggregate_id)
    await _upsert_case(session, data, values, guard="opened_version")
    if await belonging.follow(session, data.aggregate_id):
        await visits.recount(session, {data.aggregate_id})


async def close_case(session: AsyncSession, event: Received) -> None:
    """A case ended."""
    data = cast(CaseClosed, event.data)
    values: dict[str, Any] = {
        "closed_at": data.closed_at,
        "closing_reason": data.reason,
        "alternative_service": data.alternative_service,
        "closed_version": data.version,
    }
    await _upsert_case(session, data, values, guard="closed_version")


async def _upsert_case(
    session: AsyncSession, data: CaseAssigned | CaseClosed, values: dict[str, Any], *, guard: str
) -> None:
    upsert = insert(CaseFact).values(
        case_id=data.aggregate_id, client_ref=data.client_ref, **values
    )
    await session.execute(
        upsert.on_conflict_do_update(
            index_elements=[col(CaseFact.case_id)],
            set_={name: upsert.excluded[name] for name in values},
            where=upsert.excluded[guard] > getattr(CaseFact, guard),
        )
    )
    telemetry.tag(case_id=str(data.aggregate_id))


OUTCOME_EVENTS: tuple[type[Outcome], ...] = tuple(_OUTCOMES)
