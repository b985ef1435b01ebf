"""Housing outcomes: how clients lived and how they live now, and evictions that did not happen."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.reports.cases import own_rows
from services.analytics.reports.persons import person_of_case, persons
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.small_numbers import Protection, Sum
from services.analytics.tables import CaseFact, HousingFact, ReferralFact
from shared.contracts.codes import EvictionStage, HousingStatus

DEFINITION = (
    "Distinct clients whose housing changed in the period, from how they lived before the first "
    "change to how they live after the last one. evictions_threatened: distinct clients referred "
    "in the period with an eviction under way (a warning, or before a court, or ordered, or "
    "enforced). evictions_averted: of these, who was housed by the last word on their housing "
    "since that referral, until now; evictions_not_averted: all others, also those of whom nothing "
    "was told."
)
UNDER_WAY = [stage for stage in EvictionStage if stage is not EvictionStage.NONE]
EVICTIONS = ("evictions_threatened", "evictions_averted", "evictions_not_averted")


async def compute(session: AsyncSession, question: Question) -> Data:
    """The evictions, and a row for each way from one housing to another that occurred."""
    moved = _moves(question).subquery().c
    counted = (
        select(moved.lived.label("from"), moved.lives.label("to"), func.count().label("clients"))
        .group_by(moved.lived, moved.lives)
        .order_by(moved.lived, moved.lives)
    )
    rows = (await session.execute(counted)).mappings()
    threatened, averted = (await session.execute(_evictions(question))).one()
    evictions = (threatened, averted, threatened - averted)
    return {**dict(zip(EVICTIONS, evictions, strict=True)), "rows": [dict(row) for row in rows]}


def _moves(question: Question) -> Select[Any]:
    known, told = persons(), own_rows(HousingFact, question.of_referral)
    change = told.c
    order = (change.at, change.version, change.case_id)
    before = func.coalesce(change.from_status, HousingStatus.UNKNOWN)
    last = [column.desc() for column in order]
    return (
        select(
            _first(before, *order).label("lived"),
            _first(change.to_status, *last).label("lives"),
        )
        .outerjoin_from(told, CaseFact, col(CaseFact.case_id) == change.case_id)
        .outerjoin(known, known.c.ref == col(CaseFact.client_ref))
        .where(*question.within(change.at), *question.narrowing(change))
        .group_by(func.coalesce(person_of_case(known), change.case_id))
    )


def _first(value: ColumnElement[Any], *order: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.array_agg(aggregate_order_by(value, *order))[1]


def _evictions(question: Question) -> Select[int, int]:
    """How many clients were threatened, and how many of them are housed."""
    referral = ReferralFact.__table__.c  # type: ignore[attr-defined]
    known = persons()
    person = func.coalesce(known.c.person, referral.client_ref)
    threatened = (
        select(person.label("person"), func.min(referral.received_at).label("since"))
        .outerjoin_from(ReferralFact, known, known.c.ref == col(ReferralFact.client_ref))
        .where(
            referral.eviction_stage.in_(UNDER_WAY),
            ~referral.entered_in_error,
            *question.within(referral.received_at),
            *question.narrowing(referral),
        )
        .group_by(person)
        .subquery()
    )
    averted = select(func.count()).where(_last_word(threatened) == HousingStatus.HOUSED)
    return select(func.count(), averted.scalar_subquery()).select_from(threatened)


def _last_word(threatened: Subquery) -> ColumnElement[str]:
    """How each who was threatened lives now, if something was told of it since. They are looked up
    one by one, by all refs of theirs: there are few of them, and many cases and changes."""
    known = persons()
    person, since = threatened.c.person, threatened.c.since
    others = select(person, since, known.c.ref).join(known, known.c.person == person)
    refs = select(person, since, person.label("ref")).union(others).subquery()
    change = HousingFact.__table__.c  # type: ignore[attr-defined]
    of_ref = (
        select(change.to_status, change.at, change.version, change.case_id)
        .join_from(HousingFact, CaseFact, change.case_id == col(CaseFact.case_id))
        .where(col(CaseFact.client_ref) == refs.c.ref, change.at >= refs.c.since)
        .order_by(change.at.desc(), change.version.desc(), change.case_id)
        .limit(1)
        .correlate(refs)
        .lateral()
    )
    told = of_ref.c
    last = (
        select(told.to_status)
        .ext(distinct_on(refs.c.person))
        .join_from(refs, of_ref, true())
        .order_by(refs.c.person, told.at.desc(), told.version.desc(), told.case_id)
        .subquery()
    )
    status: ColumnElement[str] = last.c.to_status
    return status


def _sums(_: Mapping[str, Any]) -> Iterator[Sum]:
    total, *parts = EVICTIONS
    yield Sum((total,), tuple((part,) for part in parts))


REPORT = Report(
    DEFINITION,
    compute,
    columns=("from", "to", "clients"),
    protects=Protection(counts=("clients", *EVICTIONS), sums=_sums),
)
