"""What every report is made of."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

Data = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """What is asked: the period from `start` until before `end`, and whom it is narrowed to."""

    start: datetime
    end: datetime
    team: UUID | None = None
    county: str | None = None


@dataclass(frozen=True)
class Report:
    """A report: its definition in words, its filters, and the function that computes its data.

    Named figures stand in the data itself, tables under `rows`. `columns` are those of its CSV.
    `counts` are the figures that count clients, cases or referrals; `shares` names, for each
    share, the count it rests on.
    """

    definition: str
    filters: tuple[str, ...]
    compute: Callable[[AsyncSession, Question], Awaitable[Data]]
    columns: tuple[str, ...]
    counts: tuple[str, ...]
    shares: Mapping[str, str] = field(default_factory=dict)
