"""Referral sources: who referred, and what the teams did with it."""

from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import share
from services.analytics.tables import ReferralFact

DEFINITION = (
    "Referrals received in the period, by the kind of their sender, and how many of them were "
    "ever accepted, redirected, waitlisted or cancelled until now; one that was redirected and "
    "then accepted counts as both. One that its sender entered in error counts as none. share: "
    "of all referrals received in the period, under the same filters. The county is that of the "
    "client's municipality, the team the latest to decide."
)
COUNTS = ("referrals", "accepted", "redirected", "waitlisted", "cancelled")


FLAGS = {
    "accepted": col(ReferralFact.was_accepted),
    "redirected": col(ReferralFact.was_redirected),
    "waitlisted": col(ReferralFact.was_waitlisted),
    "cancelled": col(ReferralFact.cancelled),
}


async def compute(session: AsyncSession, question: Question) -> Data:
    """A row for each kind of sender that referred, in the order of their codes."""
    received, source = col(ReferralFact.received_at), col(ReferralFact.source_kind)
    conditions = [
        received >= question.start,
        received < question.end,
        ~col(ReferralFact.entered_in_error),
    ]
    if question.team is not None:
        conditions.append(col(ReferralFact.team) == question.team)
    if question.county is not None:
        conditions.append(col(ReferralFact.county) == question.county)
    columns: list[ColumnElement[Any]] = [
        source.label("source_kind"),
        func.count().label("referrals"),
        *(func.count().filter(flag).label(name) for name, flag in FLAGS.items()),
    ]
    found = await session.execute(
        select(*columns).where(*conditions).group_by(source).order_by(source)
    )
    rows = found.all()
    total = sum(row.referrals for row in rows)
    return {"rows": [{**row._mapping, "share": share(row.referrals, total)} for row in rows]}


REPORT = Report(
    DEFINITION,
    ("team", "county"),
    compute,
    columns=("source_kind", *COUNTS, "share"),
    counts=COUNTS,
    shares={"share": "referrals"},
)
