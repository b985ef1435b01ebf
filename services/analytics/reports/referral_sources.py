"""Referral sources: who referred, and what the teams did with it."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Select, Subquery, false, func, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import share
from services.analytics.reports.small_numbers import Protection, Sum, columns_of
from services.analytics.tables import CaseFact, ReferralFact

DEFINITION = (
    "Referrals received in the period, by the kind of their sender, and how many of them were "
    "ever accepted, redirected, waitlisted or cancelled until now; one that was redirected and "
    "then accepted counts as both. One that its sender entered in error counts as none. A case of "
    "imported history counts as a referral that was received and accepted on the day it was "
    "opened. share: of all referrals received in the period, under the same filters. The county "
    "is that of the client's municipality, of an imported case that of its team; the team is the "
    "latest to decide."
)
OUTCOMES = ("accepted", "redirected", "waitlisted", "cancelled")
NARROWED = ("team", "county", "municipality", "age_group")
COUNTS = ("referrals", *OUTCOMES)


async def compute(session: AsyncSession, question: Question) -> Data:
    """A row for each kind of sender that referred, in the order of their codes."""
    referred = _referred()
    columns, source = referred.c, referred.c.source_kind
    figures = select(
        source,
        func.count().label("referrals"),
        *(func.count().filter(columns[name]).label(name) for name in OUTCOMES),
    )
    received = figures.where(*question.within(columns.received_at), *question.narrowing(columns))
    rows = (await session.execute(received.group_by(source).order_by(source))).all()
    total = sum(row.referrals for row in rows)
    return {"rows": [{**row._mapping, "share": share(row.referrals, total)} for row in rows]}


def _referred() -> Subquery:
    """Every referral: those sent here, and those known from imported history alone."""
    sent_here: Select[*tuple[Any, ...]] = select(
        col(ReferralFact.source_kind),
        col(ReferralFact.received_at),
        *(getattr(ReferralFact, name) for name in NARROWED),
        col(ReferralFact.was_accepted).label("accepted"),
        col(ReferralFact.was_redirected).label("redirected"),
        col(ReferralFact.was_waitlisted).label("waitlisted"),
        col(ReferralFact.cancelled),
    ).where(~col(ReferralFact.entered_in_error))
    of_history = select(
        col(CaseFact.source_kind),
        col(CaseFact.opened_at),
        *(getattr(CaseFact, name) for name in NARROWED),
        true(),
        *(false() for _ in OUTCOMES[1:]),
    ).where(col(CaseFact.source_kind).is_not(None))
    return union_all(sent_here, of_history).subquery()


def _sums(data: Mapping[str, Any]) -> Iterator[Sum]:
    return columns_of(data, "rows", "referrals")


REPORT = Report(
    DEFINITION,
    compute,
    columns=("source_kind", *COUNTS, "share"),
    protects=Protection(counts=COUNTS, rests={"share": ("referrals",)}, sums=_sums),
    adds_up=True,
)
