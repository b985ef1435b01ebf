"""What a service costs: a point and a range, from what people put in."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.reports.report import Question
from services.analytics.tables import ServiceCost, TeamFact


@dataclass(frozen=True)
class Costs:
    """Euros, between a low and a high figure; None where one is not known."""

    point: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None

    @classmethod
    def between(cls, point: Decimal, low: Decimal | None, high: Decimal | None) -> "Costs":
        """A point that is its own range where none is told."""
        return cls(point, point if low is None else low, point if high is None else high)

    def __iter__(self) -> Iterator[Decimal | None]:
        return iter(astuple(self))

    def plus(self, other: "Costs") -> "Costs":
        """Both together."""
        pairs = zip(self, other, strict=True)
        return Costs(*(None if a is None or b is None else a + b for a, b in pairs))

    def times(self, factor: int | Decimal) -> "Costs":
        """So many times as much."""
        return Costs(*(None if each is None else each * factor for each in self))


NOTHING = Costs(Decimal(0), Decimal(0), Decimal(0))


async def costs_of_service(session: AsyncSession, question: Question) -> tuple[Costs, list[str]]:
    """What the teams that are asked for cost in the period, and by which sources; unknown when no
    cost of any of its years was put in."""
    first, last = question.first_day, question.last_day
    statement = (
        select(ServiceCost)
        .outerjoin(TeamFact, col(TeamFact.team) == col(ServiceCost.team))
        .where(col(ServiceCost.year).between(first.year, last.year))
        .order_by(col(ServiceCost.team), col(ServiceCost.year))
    )
    if question.team is not None:
        statement = statement.where(col(ServiceCost.team) == question.team)
    if question.county is not None:
        statement = statement.where(col(TeamFact.county) == question.county)
    put_in = (await session.scalars(statement)).all()
    if not put_in:
        return Costs(), []
    total = NOTHING
    for cost in put_in:
        of_year = Costs.between(cost.cost_eur, cost.low_eur, cost.high_eur)
        total = total.plus(of_year.times(_part_of_year(cost.year, first, last)))
    return total, [f"team {cost.team}: cost of {cost.year}, {cost.source}" for cost in put_in]


def _part_of_year(year: int, first: date, last: date) -> Decimal:
    """Which share of a year's days lies in the period."""
    begins, ends = date(year, 1, 1), date(year, 12, 31)
    days = (min(last, ends) - max(first, begins)).days + 1
    return Decimal(days) / ((ends - begins).days + 1)
