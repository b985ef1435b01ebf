"""The retention file: what a county decides of the table in `rules`, as data.

JSON by matter, each with `years` (null: until decided), `source` and `service_function`, the code
of the national list 1.2.246.537.6.1221; what is left out stays as in the table.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from services.referral.retention.rules import RULES, Matter, Rule

SERVICE_FUNCTION_SYSTEM = "1.2.246.537.6.1221"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    years: Annotated[int, Field(ge=1, le=150)] | None = None
    source: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    service_function: Annotated[str, Field(min_length=1, max_length=40)] | None = None

    @model_validator(mode="after")
    def _other_years_have_a_source(self) -> "_Entry":
        if "years" in self.model_fields_set and self.source is None:
            raise ValueError("years of your own need a source")
        return self


class _File(RootModel[dict[Matter, _Entry]]):
    pass


def rules_of(path: Path | None) -> dict[Matter, Rule]:
    """The table, changed by the file where one is given. Raises `ValueError` for a wrong one."""
    if path is None:
        return dict(RULES)
    entries = _File.model_validate_json(path.read_bytes()).root
    return {
        matter: replace(rule, **entries[matter].model_dump(exclude_unset=True))
        if matter in entries
        else rule
        for matter, rule in RULES.items()
    }
