"""A bulk import as its sender follows it: the job, and a result per line."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.referral.imports.rules import Format, Outcome
from services.referral.intake.schemas import ExternalId, ReferralBody


class ImportedReferral(ReferralBody):
    """A referral as a line of a file: the same, with an id by which a repeat is known."""

    external_id: ExternalId


class Counts(BaseModel):
    """How many lines were settled so far, and how."""

    lines: int
    accepted: int
    duplicates: int
    refused: int


class LineError(BaseModel):
    """What is wrong; `pointer` is a JSON Pointer into the referral, empty for the whole line."""

    pointer: Annotated[str, Field(examples=["/client/municipality"])]
    code: Annotated[str, Field(examples=["municipality_unknown"])]
    detail: str


class ImportView(BaseModel):
    """A bulk import. When the whole file cannot be read, `state` is failed and `errors` say why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "019a9f3e-7c1a-7d30-a3d4-6f2f0a5d2b11",
                    "state": "done",
                    "format": "csv",
                    "dry_run": False,
                    "counts": {"lines": 120, "accepted": 117, "duplicates": 2, "refused": 1},
                    "errors": [],
                    "created_at": "2026-11-23T07:00:00Z",
                    "started_at": "2026-11-23T07:00:01Z",
                    "finished_at": "2026-11-23T07:00:02Z",
                }
            ]
        }
    )

    id: UUID
    state: Literal["queued", "running", "done", "failed"]
    format: Format
    dry_run: bool
    counts: Counts
    errors: list[LineError]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ResultView(BaseModel):
    """What became of one line; `referral_id` and `reference` of the referral that now stands."""

    line: Annotated[int, Field(description="as a text editor counts them, from 1")]
    outcome: Outcome
    referral_id: UUID | None
    reference: str | None
    errors: list[LineError]
