"""The data dictionary, and what was done to an export."""

from pydantic import BaseModel

from services.analytics.exports.catalogue import TABLES, Role, TableName, Type
from services.analytics.exports.rules import STEPS


class ColumnView(BaseModel):
    """A column: `role` says whether it is coarse (`day`, `code`) or as it is (`attribute`)."""

    name: str
    type: Type
    role: Role
    description: str


class TableView(BaseModel):
    """A table that may be exported. `precision` names the steps of coarseness."""

    name: TableName
    description: str
    columns: list[ColumnView]
    precision: list[str]


class StepView(BaseModel):
    """How many rows needed so much coarseness."""

    precision: int
    description: str
    rows: int


class Summary(BaseModel):
    """An export: `rows` left, `left_out` did not, as no coarseness made them like those of k
    persons."""

    table: TableName
    k: int
    rows: int
    left_out: int
    steps: list[StepView]


def dictionary() -> list[TableView]:
    """Every table with its columns."""
    return [
        TableView(
            name=name,
            description=table.description,
            columns=[
                ColumnView(
                    name=column.name,
                    type=column.type,
                    role=column.role,
                    description=column.description,
                )
                for column in table.columns
            ],
            precision=[step.description for step in STEPS],
        )
        for name, table in TABLES.items()
    ]
