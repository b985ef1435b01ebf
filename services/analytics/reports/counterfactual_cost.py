"""Counterfactual cost: what the new clients would have been given instead, and what it costs."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.reports.cases import cases
from services.analytics.reports.costs import NOTHING, Costs, costs_of_service
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.small_numbers import Protection
from services.analytics.tables import Price
from shared.contracts.codes import AlternativeService

DEFINITION = (
    "New clients of the period, as in client-flow, by what they would have been given without the "
    "service, as the worker told it when the case ended (of imported history that is still open: "
    "when it was opened); of several cases opened in the period the last that tells. cost_eur: "
    "clients times the price of a client's year, at the prices of price_year. true_alternative is "
    "false where the other service would not have met the need. alternative_cost_eur: of all rows; "
    "null as long as a price is missing. ratio: alternative_cost_eur to service_cost_eur; the "
    "range is from the low prices at the high cost of the service to the high ones at the low cost."
)
UNTOLD = "unknown"
ALTERNATIVES = (*AlternativeService, UNTOLD)
NOT_TRUE = (AlternativeService.OTHER_OPEN_CARE, AlternativeService.NONE, UNTOLD)
"""Open care is no place to live, and nothing is no service: neither stands for housing."""
ASSUMPTIONS = (
    "Every client would have had the other service for a whole year.",
    "The price of other_open_care is that of a true alternative for some of its clients only.",
    "none costs nothing, and so do clients of whom no alternative was told (unknown).",
    "Of a year that the period covers in part, the service costs the share of its days.",
)
COSTS = ("alternative_cost_eur", "alternative_cost_low_eur", "alternative_cost_high_eur")
RATIOS = ("ratio", "ratio_low", "ratio_high")


async def compute(session: AsyncSession, question: Question) -> Data:
    """A row for every alternative, the costs of both and how they stand to each other."""
    clients = await _clients(session, question)
    year = question.price_year or question.last_day.year
    prices = await _prices(session, year)
    rows = [_row(name, clients.get(name, 0), prices.get(name), year) for name in ALTERNATIVES]
    alternative = _sum_of(rows)
    service, sources = await costs_of_service(session, question)
    said = [f"{name}: prices of {year}, {price.source}" for name, price in sorted(prices.items())]
    return {
        **{name: _text(cost) for name, cost in zip(COSTS, alternative, strict=True)},
        "service_cost_eur": _text(service.point),
        "service_cost_low_eur": _text(service.low),
        "service_cost_high_eur": _text(service.high),
        "ratio": _ratio(alternative.point, service.point),
        "ratio_low": _ratio(alternative.low, service.high),
        "ratio_high": _ratio(alternative.high, service.low),
        "assumptions": [*ASSUMPTIONS, *said, *sources],
        "rows": rows,
    }


async def _clients(session: AsyncSession, question: Question) -> Mapping[str, int]:
    """How many new clients of each alternative."""
    case = cases(question.of_referral).c
    told = func.array_agg(
        aggregate_order_by(case.alternative_service, case.opened_at.desc(), case.case_id)
    ).filter(case.alternative_service.is_not(None))
    new = (
        select(func.coalesce(told[1], UNTOLD).label("alternative"))
        .where(
            case.opened_at < question.end,
            or_(case.closed_at.is_(None), case.closed_at >= question.start),
            *question.narrowing(case),
        )
        .group_by(case.person)
        .having(func.min(case.opened_at) >= question.start)
        .subquery()
        .c
    )
    counted = select(new.alternative, func.count()).group_by(new.alternative)
    return {row[0]: row[1] for row in await session.execute(counted)}


async def _prices(session: AsyncSession, year: int) -> dict[str, Price]:
    found = await session.scalars(select(Price).where(col(Price.year) == year))
    return {price.alternative_service: price for price in found}


def _row(name: str, clients: int, price: Price | None, year: int) -> dict[str, Any]:
    costs = _price_of(name, price).times(clients)
    return {
        "alternative_service": name,
        "clients": clients,
        "true_alternative": name not in NOT_TRUE,
        "unit_price_eur": _text(price.unit_price_eur if price else None),
        "price_year": year,
        "cost_eur": _text(costs.point),
        "cost_low_eur": _text(costs.low),
        "cost_high_eur": _text(costs.high),
    }


def _price_of(name: str, price: Price | None) -> Costs:
    if name in (AlternativeService.NONE, UNTOLD):
        return NOTHING
    if price is None:
        return Costs()
    return Costs.between(price.unit_price_eur, price.low_eur, price.high_eur)


def _sum_of(rows: list[dict[str, Any]]) -> Costs:
    """All rows that have clients, together."""
    total = NOTHING
    for row in rows:
        if row["clients"]:
            names = ("cost_eur", "cost_low_eur", "cost_high_eur")
            total = total.plus(Costs(*(row[name] and Decimal(row[name]) for name in names)))
    return total


def _ratio(alternative: Decimal | None, service: Decimal | None) -> float | None:
    if alternative is None or not service:
        return None
    return round(float(alternative / service), 2)


def _text(cost: Decimal | None) -> str | None:
    """Euros and cents, as money is told."""
    return None if cost is None else f"{cost:.2f}"


REPORT = Report(
    DEFINITION,
    compute,
    columns=(
        "alternative_service",
        "clients",
        "true_alternative",
        "unit_price_eur",
        "price_year",
        "cost_eur",
        "cost_low_eur",
        "cost_high_eur",
    ),
    filters=("team", "county"),
    options=("price_year",),
    protects=Protection(
        counts=("clients",),
        rests={
            **dict.fromkeys(("cost_eur", "cost_low_eur", "cost_high_eur"), ("clients",)),
            **dict.fromkeys((*COSTS, *RATIOS), ("rows/clients",)),
        },
    ),
)
