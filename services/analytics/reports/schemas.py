"""What is asked of a report, and its answer."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.analytics.reports.catalogue import ReportName
from shared.contracts.codes import AgeGroup, PartnerKind
from shared.contracts.fields import County, Municipality
from shared.when import Day

FIRST_DAY = date(1970, 1, 1)
LAST_DAY = date(2199, 12, 31)


class ReportQuery(BaseModel):
    """The period, in Finnish days, and the filters."""

    model_config = ConfigDict(extra="forbid")

    first: Annotated[Day, Field(alias="from", ge=FIRST_DAY, description="first day")]
    last: Annotated[Day, Field(alias="to", le=LAST_DAY, description="last day, included")]
    team: UUID | None = None
    county: Annotated[County | None, Field(description="two digits, as 09")] = None
    municipality: Annotated[Municipality | None, Field(description="three digits, as 398")] = None
    source_kind: Annotated[PartnerKind | None, Field(description="who referred the client")] = None
    age_group: AgeGroup | None = None
    on: Annotated[
        Day | None, Field(description="the day to look at; without it, the last of the period")
    ] = None
    split_on: Annotated[
        Day | None, Field(description="the first day of the second cohort of beginnings")
    ] = None
    target: Annotated[float | None, Field(ge=0, le=1, description="a share to compare with")] = None
    price_year: Annotated[
        int | None,
        Field(ge=1970, le=2199, description="of which year the prices are; else the last day's"),
    ] = None


class ReportSummary(BaseModel):
    """A report as it is listed."""

    name: ReportName
    definition: str
    filters: list[str]
    options: list[str]


class PeriodView(BaseModel):
    """The period; the last day is included."""

    model_config = ConfigDict(populate_by_name=True)

    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]


class ReportAnswer(BaseModel):
    """A report. In `data`, null is a number too small to show; `notes` then says so."""

    report: ReportName
    definition: str
    period: PeriodView
    filters: dict[str, str | int | float | None]
    as_of: datetime
    data: dict[str, Any]
    notes: list[str]
