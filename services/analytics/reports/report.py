"""What every report is made of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import SQLCoreOperations

from services.analytics.reports.small_numbers import Protection
from shared.calendar import finnish_day

Data = dict[str, Any]
Columns = ReadOnlyColumnCollection[str, Any]

OF_CASES = ("team", "county", "municipality", "source_kind", "age_group")
"""The filters of reports on cases: one value each."""


@dataclass(frozen=True)
class Question:
    """What is asked: the period from `start` until before `end`, whom it is narrowed to, and what
    some reports take beside: a day to look `on`, a day to `split_on`, a `target`, a
    `price_year`."""

    start: datetime
    end: datetime
    team: UUID | None = None
    county: str | None = None
    municipality: str | None = None
    source_kind: str | None = None
    age_group: str | None = None
    on: date | None = None
    split_on: date | None = None
    target: float | None = None
    price_year: int | None = None

    @property
    def first_day(self) -> date:
        """The period's first day, in Finland."""
        return finnish_day(self.start)

    @property
    def last_day(self) -> date:
        """The period's last day, in Finland."""
        return finnish_day(self.end - timedelta(microseconds=1))

    @property
    def of_referral(self) -> bool:
        """Whether it is narrowed to what a case may have been told by its referral alone."""
        return self.source_kind is not None or self.age_group is not None

    def narrowing(self, columns: Columns) -> list[ColumnElement[bool]]:
        """The conditions of the filters that are set, on the columns of the same names."""
        wanted = {name: getattr(self, name) for name in OF_CASES}
        return [columns[name] == value for name, value in wanted.items() if value is not None]

    def within(self, moment: SQLCoreOperations[Any]) -> tuple[ColumnElement[bool], ...]:
        """The conditions for a moment of the period."""
        return (moment >= self.start, moment < self.end)


@dataclass(frozen=True)
class Report:
    """A report: its definition in words, and the function that computes its data.

    Named figures stand in the data itself, tables under names of their own, the main one under
    `rows`, whose `columns` are those of the CSV. `filters` narrow it, `options` say more of what is
    wanted; `notes` always go with it. `protects` says which figures may tell of single persons.
    One that `adds_up` counts what happened, so that the figures of two years are those of both
    together; who was there in one year may be so in the next.
    """

    definition: str
    compute: Callable[[AsyncSession, Question], Awaitable[Data]]
    columns: tuple[str, ...]
    filters: tuple[str, ...] = OF_CASES
    options: tuple[str, ...] = ()
    protects: Protection = field(default_factory=Protection)
    notes: tuple[str, ...] = ()
    adds_up: bool = False
