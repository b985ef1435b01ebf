"""What is asked of a report, and its answer."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.analytics.reports.catalogue import ReportName
from shared.contracts.fields import County
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


class ReportSummary(BaseModel):
    """A report as it is listed."""

    name: ReportName
    definition: str
    filters: list[str]


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
    filters: dict[str, str | None]
    as_of: datetime
    data: dict[str, Any]
    notes: list[str]
