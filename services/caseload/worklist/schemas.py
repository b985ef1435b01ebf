"""The worklist as a worker sees it."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.caseload.worklist.rules import Section, What

EXAMPLE: dict[str, Any] = {
    "as_of": "2026-11-24T06:30:00Z",
    "worker": "01980000-0000-7000-8000-000000000301",
    "counts": {
        "overdue": 1,
        "due_today": 0,
        "visits_today": 1,
        "handovers": 0,
        "questions": 0,
        "quiet": 0,
    },
    "items": [
        {
            "section": "overdue",
            "what": "contact",
            "case": "01a203aa-0000-7000-8000-000000000003",
            "client_ref": "01a203aa-0000-7000-8000-000000000002",
            "about": None,
            "due_at": "2026-11-23T14:00:00Z",
            "due_on": None,
            "since": None,
            "text": "The client was not reached in time: it was due 23.11.2026 16:00.",
        },
        {
            "section": "visits_today",
            "what": "visit",
            "case": "01a203aa-0000-7000-8000-000000000013",
            "client_ref": "01a203aa-0000-7000-8000-000000000012",
            "about": "01a203aa-0000-7000-8000-000000000014",
            "due_at": "2026-11-24T08:00:00Z",
            "due_on": None,
            "since": None,
            "text": "Visit today at 10:00, at the client's home.",
        },
    ],
}


class ItemView(BaseModel):
    """One thing to do, or to have an eye on."""

    section: Section
    what: What
    case: UUID
    client_ref: UUID
    about: Annotated[UUID | None, Field(description="the visit or handover that it is about")]
    due_at: Annotated[datetime | None, Field(description="by, or at, which moment")]
    due_on: Annotated[date | None, Field(description="by which day, where a day is set")]
    since: Annotated[datetime | None, Field(description="since when it waits, or is quiet")]
    text: Annotated[str, Field(description="the same in plain words")]


class WorklistView(BaseModel):
    """A worker's day, as it stands now."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    as_of: datetime
    worker: UUID
    counts: Annotated[
        dict[Section, int], Field(description="how many there are of each, beyond `limit` too")
    ]
    items: Annotated[list[ItemView], Field(description="in the order in which a day begins")]
