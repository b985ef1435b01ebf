"""Reading prices, costs and targets."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.inputs.schemas import (
    PricedService,
    PriceView,
    ServiceCostView,
    TargetView,
)
from services.analytics.tables import MobileTarget, Price, ServiceCost
from shared.problems import NOT_FOUND, Problem


async def get_price(session: AsyncSession, service: PricedService, year: int) -> Price:
    """The price of a service in a year. Raises `not_found`."""
    async with session.begin():
        price = await session.get(Price, (service.value, year))
    if price is None:
        raise Problem(NOT_FOUND)
    return price


async def get_cost(session: AsyncSession, team: UUID, year: int) -> ServiceCost:
    """The cost of a team in a year. Raises `not_found`."""
    async with session.begin():
        cost = await session.get(ServiceCost, (team, year))
    if cost is None:
        raise Problem(NOT_FOUND)
    return cost


async def mobile_targets(session: AsyncSession) -> Sequence[MobileTarget]:
    """Every point of the line of targets, by year."""
    async with session.begin():
        by_year = select(MobileTarget).order_by(col(MobileTarget.year))
        return (await session.scalars(by_year)).all()


async def get_target(session: AsyncSession, year: int) -> MobileTarget:
    """The target that was put in for a year. Raises `not_found`."""
    async with session.begin():
        target = await session.get(MobileTarget, year)
    if target is None:
        raise Problem(NOT_FOUND)
    return target


def price_view(price: Price) -> PriceView:
    """The price as told."""
    return PriceView.model_validate(price.model_dump(exclude={"version"}))


def cost_view(cost: ServiceCost) -> ServiceCostView:
    """The cost as told."""
    return ServiceCostView.model_validate(cost.model_dump(exclude={"version"}))


def target_view(target: MobileTarget) -> TargetView:
    """The target as told."""
    return TargetView.model_validate(target.model_dump(exclude={"version"}))
