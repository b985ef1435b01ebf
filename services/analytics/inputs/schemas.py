"""A price and a cost, as put in and as stored."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.codes import AlternativeService
from shared.contracts.fields import Printable


class PricedService(StrEnum):
    """The alternatives that have a price; `none` costs nothing."""

    ROUND_THE_CLOCK = AlternativeService.ROUND_THE_CLOCK
    COMMUNAL = AlternativeService.COMMUNAL
    SUPPORTED = AlternativeService.SUPPORTED
    OTHER_OPEN_CARE = AlternativeService.OTHER_OPEN_CARE


def _in_cents(amount: Decimal) -> str:
    return f"{amount:.2f}"


Euros = Annotated[
    Decimal,
    Field(ge=0, max_digits=12, decimal_places=2, examples=["48000.00"]),
    PlainSerializer(_in_cents, when_used="json"),
]
Year = Annotated[int, Field(ge=1970, le=2199)]


Source = Annotated[
    str,
    Field(min_length=1, max_length=500, description="where the figure is from"),
    Printable,
]


class _Body(BaseModel):
    """A range is optional, and holds the point."""

    model_config = ConfigDict(extra="forbid")

    low_eur: Euros | None = None
    high_eur: Euros | None = None
    source: Source

    @property
    def point(self) -> Decimal:
        """The figure between low and high."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _the_range_holds_the_point(self) -> Self:
        low, high = self.low_eur, self.high_eur
        if (low is not None and low > self.point) or (high is not None and high < self.point):
            raise PydanticCustomError("range_without_point", "low and high must hold the figure")
        return self


class PriceBody(_Body):
    """What a client's year in another service costs."""

    unit_price_eur: Euros

    @property
    def point(self) -> Decimal:
        """The price."""
        return self.unit_price_eur


class PriceView(PriceBody):
    """A price as stored."""

    alternative_service: PricedService
    year: int


class ServiceCostBody(_Body):
    """What a team costs in a year."""

    cost_eur: Euros

    @property
    def point(self) -> Decimal:
        """The cost."""
        return self.cost_eur


class ServiceCostView(ServiceCostBody):
    """A cost as stored."""

    team: UUID
    year: int


class TargetBody(BaseModel):
    """Which share of the kept visits is to be mobile."""

    model_config = ConfigDict(extra="forbid")

    share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, examples=[0.4])]
    source: Source


class TargetView(TargetBody):
    """A target as stored."""

    year: int
