"""Bodies of the absence endpoints. Nothing is said in words: why somebody is away is theirs."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.caseload.days import Day
from shared.contracts.codes import AbsenceKind


class AbsenceBody(BaseModel):
    """From when until when, both days included, and of what kind."""

    model_config = ConfigDict(extra="forbid", validate_by_alias=True, validate_by_name=False)

    from_day: Annotated[Day, Field(alias="from")]
    to_day: Annotated[Day, Field(alias="to")]
    kind: AbsenceKind

    @model_validator(mode="after")
    def _does_not_end_before_it_begins(self) -> Self:
        if self.to_day < self.from_day:
            raise PydanticCustomError("ends_before_it_begins", "`to` must not be before `from`")
        return self


class AbsenceView(AbsenceBody):
    """An absence as recorded; a cancelled one keeps nobody away."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    id: UUID
    worker: UUID
    recorded_at: datetime
    cancelled_at: datetime | None
