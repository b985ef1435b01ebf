"""Cases with all that reports ask of one: whose it is, and what it is counted under.

A case worked here is told its source and age group by the first referral that it answers, a case
of imported history by itself. Whatever happened in a case is counted under its case. Each is made
once: to put a statement together costs as much as a small one takes.
"""

from functools import cache

from sqlalchemy import ColumnElement, Date, Subquery, cast, func, select, true
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlalchemy.sql.selectable import LateralFromClause
from sqlmodel import SQLModel, col

from services.analytics.reports.persons import person_of_case, persons
from services.analytics.tables import CaseFact, ReferralFact

_OWN = (
    "case_id",
    "team",
    "county",
    "municipality",
    "opened_at",
    "closed_at",
    "closing_reason",
    "contacted_at",
    "contacted_hours",
    "within_deadline",
    "previous_case",
)
_LENT = ("person", "county", "municipality", "source_kind", "age_group", "opened_at", "closed_at")
"""What a fact of a case has of its case, save for a team of its own."""


@cache
def cases(of_referral: bool = True, of_person: bool = True) -> Subquery:
    """Every case, also those that only something else than their beginning was told of.

    Looking for the first referral of each is most of the work: without `of_referral` what it tells
    is left out. So is whose it is without `of_person`, for reports that count cases.
    """
    first = _first_referral()
    told_last = func.coalesce(CaseFact.alternative_service, CaseFact.alternative_at_opening)
    found = select(
        *(getattr(CaseFact, name) for name in _OWN),
        told_last.label("alternative_service"),
    )
    if of_person:
        known = persons()
        found = found.add_columns(person_of_case(known).label("person"))
        found = found.outerjoin(known, known.c.ref == col(CaseFact.client_ref))
    if of_referral:
        found = found.add_columns(
            func.coalesce(CaseFact.source_kind, first.c.source_kind).label("source_kind"),
            func.coalesce(CaseFact.age_group, first.c.age_group).label("age_group"),
            first.c.urgency,
            first.c.received_hours,
        ).outerjoin(first, true())
    return found.subquery("cases")


def _first_referral() -> LateralFromClause:
    named = ("source_kind", "age_group", "urgency", "received_hours")
    return (
        select(*(getattr(ReferralFact, name) for name in named))
        .where(
            col(ReferralFact.case_id) == col(CaseFact.case_id),
            col(ReferralFact.received_at).is_not(None),
            ~col(ReferralFact.entered_in_error),
        )
        .order_by(col(ReferralFact.received_at), col(ReferralFact.referral_id))
        .limit(1)
        .correlate(CaseFact)
        .lateral("first_referral")
    )


@cache
def with_case(fact: type[SQLModel], of_referral: bool = True) -> Subquery:
    """The rows of a fact that has a `case_id`, each with what it is counted under; its own team
    goes before the case's. `of_referral` as for `cases`."""
    case = cases(of_referral)
    own = fact.__table__.c  # type: ignore[attr-defined]
    return (
        select(
            *(column for column in own if column.name not in ("team", *_LENT)),
            func.coalesce(own.team, case.c.team).label("team"),
            *(case.c[name] for name in _LENT if name in case.c),
        )
        .outerjoin_from(fact, case, case.c.case_id == own.case_id)
        .subquery()
    )


@cache
def own_rows(fact: type[SQLModel], of_referral: bool = True) -> Subquery:
    """The rows of a fact that has in its own row what it is counted under
    (`projections.belonging`). `of_referral` as for `cases`: without what a referral tells no case
    is looked at."""
    if of_referral:
        return with_case(fact)
    own = fact.__table__.c  # type: ignore[attr-defined]
    team = func.coalesce(own.team, own.case_team).label("team")
    return select(*(column for column in own if column.name != "team"), team).subquery()


def finnish_day(moment: SQLCoreOperations[object]) -> ColumnElement[object]:
    """The day it is in Finland at a moment."""
    return cast(func.timezone("Europe/Helsinki", moment), Date)


def median(value: SQLCoreOperations[object]) -> ColumnElement[float]:
    """The exact median; halfway between the two in the middle."""
    return func.percentile_cont(0.5).within_group(value)


def p90(value: SQLCoreOperations[object]) -> ColumnElement[float]:
    """The exact 90th percentile, with linear interpolation."""
    return func.percentile_cont(0.9).within_group(value)
