"""A history as its readers see it."""

from datetime import datetime

from pydantic import BaseModel

from services.consent.history.rules import Happening


class Event(BaseModel):
    """One change; `worker` is who made it, where a worker did."""

    at: datetime
    what: Happening
    by: str
    worker: str | None


class History(BaseModel):
    """All changes, the first first."""

    items: list[Event]
