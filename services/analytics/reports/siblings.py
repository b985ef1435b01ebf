"""The answers that an answer hangs together with, computed to see what may be told of each.

What was found is kept for some minutes: a year of months is thirteen answers.
"""

from collections.abc import Sequence

from cachetools import TTLCache
from sqlalchemy import Select, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports.publication import (
    Family,
    families,
    narrowed_by,
    told_of_none,
)
from services.analytics.reports.report import Question, Report
from services.analytics.reports.small_numbers import Identity
from services.analytics.tables import CaseFact, GapFact, PlacementFact, ReferralFact, TeamFact
from shared.contracts.codes import AgeGroup, PartnerKind

_KEPT_IN = {
    "team": (CaseFact, ReferralFact, PlacementFact, GapFact, TeamFact),
    "county": (CaseFact, ReferralFact, PlacementFact, GapFact),
    "municipality": (CaseFact, ReferralFact, GapFact),
}
_CODES: dict[str, Sequence[object]] = {
    "source_kind": tuple(PartnerKind),
    "age_group": tuple(AgeGroup),
}


KEPT_SECONDS = 300
MOST_KEPT = 4_000
_KEPT: TTLCache[object, frozenset[Identity]] = TTLCache(MOST_KEPT, KEPT_SECONDS)


async def told_of_no_sibling(
    session: AsyncSession, report: Report, asked: Question
) -> set[Identity]:
    """The figures that are hidden in this answer for the sake of others."""
    values = {name: await _values(session, name) for name in _wanted(report, asked)}
    untold: set[Identity] = set()
    for family in families(asked, values):
        untold |= await _told_of_none(session, report, family)
    return untold


async def _told_of_none(
    session: AsyncSession, report: Report, family: Family
) -> frozenset[Identity]:
    key = (session.get_bind().engine.url, report.compute, family)
    if (kept := _KEPT.get(key)) is not None:
        return kept
    whole = await report.compute(session, family.whole)
    parts = [await report.compute(session, part) for part in family.parts]
    found = frozenset(told_of_none(whole, parts, report.protects))
    _KEPT[key] = found
    return found


def _wanted(report: Report, asked: Question) -> set[str]:
    """The filter that is set, and the county, which others are within."""
    named = set(narrowed_by(asked))
    return {*named, "county"} & set(report.filters) if named else set()


async def _values(session: AsyncSession, name: str) -> Sequence[object]:
    if name in _CODES:
        return _CODES[name]
    columns = [getattr(table, name) for table in _KEPT_IN[name]]
    occurring: list[Select[tuple[object]]] = [
        select(column).where(column.is_not(None)) for column in columns
    ]
    every = union(*occurring).subquery()
    return (await session.scalars(select(every.c[0]).order_by(every.c[0]))).all()
