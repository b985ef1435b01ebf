"""What each exported table selects: the person behind a row, the days and codes it is known by as
they are, and its attributes. Nothing selected here leaves before `queries` has made it coarse.
"""

from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, select
from sqlmodel import SQLModel

from services.analytics.reports.cases import cases, finnish_day, with_case
from services.analytics.reports.persons import persons
from services.analytics.tables import (
    ConsentFact,
    GoalFact,
    HandoverFact,
    HousingFact,
    MotivationFact,
    PlacementFact,
    ReferralFact,
    SegmentFact,
    VisitFact,
)

CODES = ("county", "municipality", "team", "source_kind", "age_group")
_MONTHS = ((30, "under_1"), (91, "1_to_3"), (183, "3_to_6"))
_WEEK_SECONDS = 7 * 24 * 3600


def cases_told() -> Select[Any]:
    """Cases."""
    own = cases().c
    days = func.extract("epoch", own.closed_at - own.opened_at) / (24 * 3600)
    lengths = [(days < most, name) for most, name in _MONTHS]
    return select(
        own.person,
        finnish_day(own.opened_at).label("opened"),
        finnish_day(own.closed_at).label("closed"),
        *_codes(own),
        case((own.closed_at.is_(None), None), *lengths, else_="over_6").label("open_for"),
        own.closing_reason,
        own.alternative_service,
        own.previous_case.is_not(None).label("is_return"),
        own.within_deadline.label("contacted_in_time"),
    ).where(own.opened_at.is_not(None))


def referrals_told() -> Select[Any]:
    """Referrals."""
    known, own = persons(), ReferralFact.__table__.c  # type: ignore[attr-defined]
    told = ("urgency", "housing_status", "eviction_stage", "outcome", "cancelled")
    return (
        select(
            func.coalesce(known.c.person, own.client_ref).label("person"),
            finnish_day(own.received_at).label("received"),
            *_codes(own),
            *(own[name] for name in told),
        )
        .outerjoin_from(ReferralFact, known, known.c.ref == own.client_ref)
        .where(own.received_at.is_not(None), ~own.entered_in_error)
    )


def visits_told() -> Select[Any]:
    """Visits."""
    return _of_cases(VisitFact, "scheduled_at", "scheduled", "location", "state")


def housing_told() -> Select[Any]:
    """Changes of housing."""
    return _of_cases(HousingFact, "at", "changed", "from_status", "to_status")


def motivation_told() -> Select[Any]:
    """Motivation points."""
    return _of_cases(MotivationFact, "at", "recorded", "value")


def goals_told() -> Select[Any]:
    """Goals."""
    return _of_cases(GoalFact, "set_at", "set", "area", "state")


def segments_told() -> Select[Any]:
    """Segments."""
    return _of_cases(SegmentFact, "at", "since", "support_need", "complexity")


def handovers_told() -> Select[Any]:
    """Handovers."""
    own = with_case(HandoverFact).c
    weeks = func.floor(func.extract("epoch", own.confirmed_at - own.proposed_at) / _WEEK_SECONDS)
    came_to = case(
        (own.failed_at.is_not(None), "failed"),
        (own.confirmed_at.is_not(None), "confirmed"),
        (own.declined_at.is_not(None), "declined"),
        (own.accepted_at.is_not(None), "accepted"),
        else_="proposed",
    )
    return select(
        own.person,
        finnish_day(own.proposed_at).label("proposed"),
        *_codes(own),
        own.receiver_kind,
        came_to.label("came_to"),
        cast(weeks, Integer).label("weeks_to_confirm"),
        own.attached,
    ).where(own.person.is_not(None), own.proposed_at.is_not(None))


def placements_told() -> Select[Any]:
    """Placements; what is known of them elsewhere is that of their case."""
    known, of_case = persons(), cases()
    own = PlacementFact.__table__.c  # type: ignore[attr-defined]
    return (
        select(
            func.coalesce(known.c.person, own.client_ref).label("person"),
            own.starts_on.label("starts"),
            own.ends_on.label("ends"),
            func.coalesce(own.county, of_case.c.county).label("county"),
            of_case.c.municipality,
            func.coalesce(own.team, of_case.c.team).label("team"),
            of_case.c.source_kind,
            of_case.c.age_group,
            own.service_type,
            own.production,
            own.channel,
        )
        .outerjoin_from(PlacementFact, known, known.c.ref == own.client_ref)
        .outerjoin(of_case, of_case.c.case_id == own.case_id)
        .where(~own.entered_in_error, own.starts_on.is_not(None))
    )


def consents_told() -> Select[Any]:
    """Consents and denials."""
    known, own = persons(), ConsentFact.__table__.c  # type: ignore[attr-defined]
    said = func.coalesce(own.given_at, own.denied_at)
    return (
        select(
            func.coalesce(known.c.person, own.client_ref).label("person"),
            finnish_day(said).label("said"),
            case((own.denied_at.is_not(None), "denial"), else_="consent").label("word"),
            own.direction,
            own.revoked_at.is_not(None).label("revoked"),
        )
        .outerjoin_from(ConsentFact, known, known.c.ref == own.client_ref)
        .where(said.is_not(None))
    )


def _of_cases(fact: type[SQLModel], moment: str, day: str, *told: str) -> Select[Any]:
    """What happened in cases; what nobody's case is known of is left out."""
    own = with_case(fact).c
    return select(
        own.person,
        finnish_day(own[moment]).label(day),
        *_codes(own),
        *(own[name] for name in told),
    ).where(own.person.is_not(None), own[moment].is_not(None))


def _codes(own: Any) -> list[ColumnElement[Any]]:
    return [own[name] for name in CODES]
