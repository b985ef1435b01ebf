"""Multi-service paths: clients of many services with one shared plan."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.reports.cases import cases, with_case
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import share
from services.analytics.reports.small_numbers import Protection, Sum
from services.analytics.tables import PathFact

DEFINITION = (
    "Distinct clients who had a case open at some time in the period, and of them those with a "
    "shared plan that was begun before the period ended (clients_with_path; share: of all these "
    "clients). By how many organisations take part in the plan now, the team's own among them; of "
    "several plans the one changed last. reviews_overdue: plans of cases not closed by the end of "
    "the period whose next review was to be before that day."
)
COUNTS = ("clients", "clients_with_path", "clients_without_path", "reviews_overdue")


async def compute(session: AsyncSession, question: Question) -> Data:
    """The figures, and a row for each number of organisations that occurred."""
    of_referral = question.of_referral
    case, path = cases(of_referral).c, with_case(PathFact, of_referral).c
    clients = await session.scalar(
        select(func.count(case.person.distinct())).where(
            case.opened_at < question.end,
            or_(case.closed_at.is_(None), case.closed_at >= question.start),
            *question.narrowing(case),
        )
    )
    still_open = or_(path.closed_at.is_(None), path.closed_at >= question.end)
    plans = (
        select(
            path.organisations,
            (still_open & (path.next_review_on < question.last_day)).label("overdue"),
        )
        .ext(distinct_on(path.person))
        .where(
            path.begun_at < question.end,
            path.opened_at < question.end,
            or_(path.closed_at.is_(None), path.closed_at >= question.start),
            *question.narrowing(path),
        )
        .order_by(path.person, path.opened_at.desc(), path.path_id)
        .subquery()
        .c
    )
    organisations = plans.organisations
    counted = (
        select(
            organisations,
            func.count().label("clients"),
            func.count().filter(plans.overdue).label("overdue"),
        )
        .group_by(organisations)
        .order_by(organisations)
    )
    rows = (await session.execute(counted)).all()
    return _shown(clients or 0, rows)


def _shown(clients: int, rows: Any) -> Data:
    with_path = sum(row.clients for row in rows)
    return {
        "clients": clients,
        "clients_with_path": with_path,
        "clients_without_path": clients - with_path,
        "share": share(with_path, clients),
        "reviews_overdue": sum(row.overdue for row in rows),
        "rows": [{"organisations": row.organisations, "clients": row.clients} for row in rows],
    }


def _sums(data: Mapping[str, Any]) -> Iterator[Sum]:
    yield Sum(("clients",), (("clients_with_path",), ("clients_without_path",)))
    rows = range(len(data["rows"]))
    yield Sum(("clients_with_path",), tuple(("rows", number, "clients") for number in rows))


REPORT = Report(
    DEFINITION,
    compute,
    columns=("organisations", "clients"),
    protects=Protection(
        counts=COUNTS, rests={"share": ("clients", "clients_with_path")}, sums=_sums
    ),
)
