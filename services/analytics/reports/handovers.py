"""Warm handovers: how far those proposed in the period came, and whether they last."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.reports.cases import median, own_rows
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import rounded, share
from services.analytics.reports.small_numbers import Protection, Sum, columns_of
from services.analytics.tables import CaseFact, HandoverFact

DEFINITION = (
    "Handovers to other services that a team proposed in the period, and what became of them until "
    "now: accepted, declined, confirmed or failed; one that was accepted and then failed counts as "
    "both. returned: confirmed ones whose client came back to the team afterwards. "
    "median_days_to_confirm: from the proposal to the receiving service's confirmation, exact. "
    "attached_after_90_days_share: of the confirmed ones that were followed up after 90 days or "
    "more, those whose client was still with the receiving service. By the kind of receiver."
)
STEPS = ("accepted", "declined", "confirmed", "failed")
FOLLOWED = ("attached_after_90_days", "lost_after_90_days")
COUNTS = ("proposed", *STEPS, "returned", "followed_up_after_90_days", *FOLLOWED)


async def compute(session: AsyncSession, question: Question) -> Data:
    """The figures of all, and a row for each kind of receiver that occurred."""
    handover = own_rows(HandoverFact, question.of_referral).c
    came_back = (
        select(col(CaseFact.case_id))
        .where(col(CaseFact.previous_case) == handover.case_id)
        .exists()
    )
    confirmed = handover.confirmed_at.is_not(None)
    days = func.extract("epoch", handover.confirmed_at - handover.proposed_at) / 86400
    counted = {
        "proposed": func.count(),
        **{step: func.count(handover[f"{step}_at"]) for step in STEPS},
        "returned": func.count().filter(confirmed, came_back),
        "followed_up_after_90_days": func.count(handover.attached),
        "attached_after_90_days": func.count().filter(handover.attached),
        "lost_after_90_days": func.count().filter(~handover.attached),
    }
    kind = handover.receiver_kind
    figures = (
        select(
            kind,
            func.grouping(kind).label("is_total"),
            median(days).label("days"),
            *(count.label(name) for name, count in counted.items()),
        )
        .where(*question.within(handover.proposed_at), *question.narrowing(handover))
        .group_by(func.rollup(kind))
        .order_by(kind)
    )
    found = (await session.execute(figures)).all()
    [total] = [_shown(row) for row in found if row.is_total]
    rows = [
        {"receiver_kind": row.receiver_kind, **_shown(row)} for row in found if not row.is_total
    ]
    return {**total, "rows": rows}


def _shown(row: Any) -> dict[str, Any]:
    counts = {name: row._mapping[name] for name in COUNTS}
    attached = share(row.attached_after_90_days, row.followed_up_after_90_days)
    return {
        **counts,
        "median_days_to_confirm": rounded(row.days),
        "attached_after_90_days_share": attached,
    }


def _sums(data: Mapping[str, Any]) -> Iterator[Sum]:
    yield from columns_of(data, "rows", *COUNTS, totals=True)
    places: list[tuple[str | int, ...]] = [(), *(("rows", n) for n in range(len(data["rows"])))]
    for place in places:
        parts = tuple((*place, name) for name in FOLLOWED)
        yield Sum((*place, "followed_up_after_90_days"), parts)


REPORT = Report(
    DEFINITION,
    compute,
    columns=(
        "receiver_kind",
        *COUNTS,
        "median_days_to_confirm",
        "attached_after_90_days_share",
    ),
    protects=Protection(
        counts=COUNTS,
        rests={
            "median_days_to_confirm": ("confirmed",),
            "attached_after_90_days_share": ("followed_up_after_90_days", *FOLLOWED),
        },
        sums=_sums,
    ),
)
