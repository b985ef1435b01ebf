"""What every event is made of, and the registry that knows each published type and its topic.

Event data carry ids and codes only: never a name, identity code, phone, address or free text.
"""

from collections.abc import Callable
from typing import Annotated, Final, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, PositiveInt

COUNTS_ROWS: Final = "counts rows"
RowCount = Annotated[PositiveInt, COUNTS_ROWS]
"""As large as rows of a table are counted: other integers of events fit four bytes."""


class EventData(BaseModel):
    """The JSON value of an event. Unknown fields are ignored, so that producers may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    aggregate_id: UUID
    version: PositiveInt
    occurred_at: AwareDatetime


Data = TypeVar("Data", bound=EventData)

EVENTS: dict[str, type[EventData]] = {}
_TOPICS: dict[type[EventData], tuple[str, str]] = {}


def event(event_type: str, *, topic: str) -> Callable[[type[Data]], type[Data]]:
    """Class decorator: publishes the class as `event_type` on `topic`."""

    def register(cls: type[Data]) -> type[Data]:
        EVENTS[event_type] = cls
        _TOPICS[cls] = (event_type, topic)
        return cls

    return register


def event_class(event_type: str) -> type[EventData] | None:
    """The class of a published type, or None for a type this version does not know."""
    return EVENTS.get(event_type)


def type_of(cls: type[EventData]) -> str:
    """The CloudEvents type of an event class."""
    return _TOPICS[cls][0]


def topic_of(cls: type[EventData]) -> str:
    """The topic an event class is published on."""
    return _TOPICS[cls][1]
