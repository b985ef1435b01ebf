"""Retention runs: when identifying data was erased, how much of it, and by what rule."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.referral.tables.base import Base
from shared.jobs import Job


class RetentionRun(Job, Base, table=True):
    """One run. `position` is the last referral it looked at; `report` grows with every batch."""

    __tablename__ = "retention_runs"
    __table_args__ = (
        Index("retention_runs_open", "id", postgresql_where=text("state IN ('queued', 'running')")),
    )

    dry_run: bool
    as_of: date
    position: UUID | None = None
    report: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
