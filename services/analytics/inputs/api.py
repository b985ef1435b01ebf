"""`/v1/prices` and `/v1/service-costs` (scope `prices:write`; `reports:read` may look)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.analytics.inputs import commands, queries
from services.analytics.inputs.schemas import (
    PriceBody,
    PricedService,
    PriceView,
    ServiceCostBody,
    ServiceCostView,
    Year,
)
from shared.auth import Caller, scoped
from shared.web import Session, etag, made_or_changed, optional_version

prices_router = APIRouter(prefix="/v1/prices", tags=["prices and costs"])
costs_router = APIRouter(prefix="/v1/service-costs", tags=["prices and costs"])
Writer = Annotated[Caller, Depends(scoped("prices:write"))]
Reader = Annotated[Caller, Depends(scoped("reports:read"))]
Expected = Annotated[int | None, Depends(optional_version)]


@prices_router.put(
    "/{alternative_service}/{year}",
    summary="Put in the price of another service",
    responses=made_or_changed(PriceView),
)
async def put_price(
    alternative_service: PricedService,
    year: Year,
    body: PriceBody,
    caller: Writer,
    session: Session,
    response: Response,
    expected: Expected,
) -> PriceView:
    """201 when new; a change needs If-Match with the ETag that was read."""
    price, created = await commands.put_price(
        session, caller, alternative_service, year, body, expected
    )
    response.status_code = 201 if created else 200
    response.headers["ETag"] = etag(price.version)
    return queries.price_view(price)


@prices_router.get("/{alternative_service}/{year}", summary="The price of another service")
async def get_price(
    alternative_service: PricedService,
    year: Year,
    _: Reader,
    session: Session,
    response: Response,
) -> PriceView:
    """The price, with its ETag."""
    price = await queries.get_price(session, alternative_service, year)
    response.headers["ETag"] = etag(price.version)
    return queries.price_view(price)


@costs_router.put(
    "/{team}/{year}",
    summary="Put in what a team costs",
    responses=made_or_changed(ServiceCostView),
)
async def put_cost(
    team: UUID,
    year: Year,
    body: ServiceCostBody,
    caller: Writer,
    session: Session,
    response: Response,
    expected: Expected,
) -> ServiceCostView:
    """201 when new; a change needs If-Match with the ETag that was read."""
    cost, created = await commands.put_cost(session, caller, team, year, body, expected)
    response.status_code = 201 if created else 200
    response.headers["ETag"] = etag(cost.version)
    return queries.cost_view(cost)


@costs_router.get("/{team}/{year}", summary="What a team costs")
async def get_cost(
    team: UUID, year: Year, _: Reader, session: Session, response: Response
) -> ServiceCostView:
    """The cost, with its ETag."""
    cost = await queries.get_cost(session, team, year)
    response.headers["ETag"] = etag(cost.version)
    return queries.cost_view(cost)
