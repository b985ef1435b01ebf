"""Putting in a price, a cost or a target, or another in its place."""

from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.inputs.schemas import (
    PriceBody,
    PricedService,
    ServiceCostBody,
    TargetBody,
)
from services.analytics.tables import MobileTarget, Price, ServiceCost
from shared import audit
from shared.auth import Caller
from shared.problems import PRECONDITION_FAILED, PRECONDITION_REQUIRED, Problem

Row = TypeVar("Row", Price, ServiceCost, MobileTarget)


async def put_price(
    session: AsyncSession,
    caller: Caller,
    service: PricedService,
    year: int,
    body: PriceBody,
    expected: int | None,
) -> tuple[Price, bool]:
    """Stores a price, or changes it when `expected` is its present version.

    Returns it and whether it is new. Raises `precondition_required` when it exists and no version
    was given, `precondition_failed` when the version is another.
    """
    async with session.begin():
        key = {"alternative_service": service.value, "year": year}
        price, created = await _put(session, Price, key, body, expected)
        await audit.record(session, caller, audit.Entry("price.put", "price"))
    return price, created


async def put_cost(
    session: AsyncSession,
    caller: Caller,
    team: UUID,
    year: int,
    body: ServiceCostBody,
    expected: int | None,
) -> tuple[ServiceCost, bool]:
    """Stores what a team costs, like `put_price`. The team need not be known here yet."""
    async with session.begin():
        key = {"team": team, "year": year}
        cost, created = await _put(session, ServiceCost, key, body, expected)
        entry = audit.Entry("service_cost.put", "team", subject_id=team)
        await audit.record(session, caller, entry)
    return cost, created


async def put_target(
    session: AsyncSession, caller: Caller, year: int, body: TargetBody, expected: int | None
) -> tuple[MobileTarget, bool]:
    """Stores which share is to be mobile in a year, like `put_price`."""
    async with session.begin():
        target, created = await _put(session, MobileTarget, {"year": year}, body, expected)
        await audit.record(session, caller, audit.Entry("target.put", "target"))
    return target, created


async def _put(
    session: AsyncSession,
    table: type[Row],
    key: dict[str, Any],
    body: BaseModel,
    expected: int | None,
) -> tuple[Row, bool]:
    values = body.model_dump()
    whose = [getattr(table, name) == value for name, value in key.items()]
    if expected is None:
        made = await session.execute(
            insert(table)
            .values(**key, **values, version=1)
            .on_conflict_do_nothing()
            .returning(col(table.year))
        )
        if made.first() is None:
            raise Problem(PRECONDITION_REQUIRED)
        return (await session.scalars(select(table).where(*whose))).one(), True
    row = await session.scalar(select(table).where(*whose).with_for_update())
    if row is None or row.version != expected:
        raise Problem(PRECONDITION_FAILED)
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    return row, False
