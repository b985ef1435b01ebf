"""Reading prices and costs."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.inputs.schemas import PricedService, PriceView, ServiceCostView
from services.analytics.tables import Price, ServiceCost
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


def price_view(price: Price) -> PriceView:
    """The price as told."""
    return PriceView.model_validate(price.model_dump(exclude={"version"}))


def cost_view(cost: ServiceCost) -> ServiceCostView:
    """The cost as told."""
    return ServiceCostView.model_validate(cost.model_dump(exclude={"version"}))
