"""A retention run as it is asked for, and its report."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.referral.retention.rules import Matter


class RunBody(BaseModel):
    """What an administrator asks for."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"dry_run": True, "as_of": "2037-01-01"}]}
    )

    dry_run: Annotated[bool, Field(description="count what would be erased; erase nothing")]
    as_of: Annotated[
        date | None, Field(description="the day to judge by; today (in Finland) when left out")
    ] = None


class MatterReport(BaseModel):
    """One matter: the rule that was applied, and what it came to."""

    matter: Matter
    years: int | None
    source: str
    service_function: str | None
    erased: int = 0
    kept: int = 0
    oldest_kept: Annotated[
        date | None, Field(description="when the oldest of those that are kept was closed")
    ] = None


class Report(BaseModel):
    """What was erased (in a dry run: would be). `rows` counts them by table."""

    matters: list[MatterReport]
    open: Annotated[int, Field(description="referrals that are not closed, and therefore kept")] = 0
    persons: Annotated[int, Field(description="nothing that is kept belongs to them")] = 0
    rows: dict[str, int] = {}
    idempotency_answers: int = 0
    imports: Annotated[int, Field(description="ended long ago, with their results")] = 0


class RunView(BaseModel):
    """A retention run; `report` grows while it runs."""

    id: UUID
    state: Literal["queued", "running", "done", "failed"]
    dry_run: bool
    as_of: date
    report: Report
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
