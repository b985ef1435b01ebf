"""History imports: the job, the uploaded file in sealed pieces until it is done, a result a line,
and which case an outside id stands for."""

from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.caseload.tables.base import Base
from shared.jobs import Job


class CaseImport(Job, Base, table=True):
    """One uploaded file of `lines` lines. `position` is the number of the last line that was
    settled; `traceparent` is the trace of the upload."""

    __tablename__ = "case_imports"
    __table_args__ = (
        Index("case_imports_open", "id", postgresql_where=text("finished_at IS NULL")),
    )

    traceparent: str | None = None
    lines: int = 0
    position: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0


def _of_import() -> Any:
    """The first half of a primary key: the import it belongs to and goes with."""
    return Field(
        sa_column=Column(Uuid, ForeignKey("case_imports.id", ondelete="CASCADE"), primary_key=True)
    )


class CaseImportPiece(Base, table=True):
    """A piece of the uploaded file, sealed as `case_import_pieces/<import>/<nth>`."""

    __tablename__ = "case_import_pieces"

    import_id: UUID = _of_import()
    nth: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    content_sealed: bytes


class CaseImportResult(Base, table=True):
    """What became of one line; of what it said only the sender's own id, when it is a good one."""

    __tablename__ = "case_import_results"

    import_id: UUID = _of_import()
    line: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    outcome: str
    external_id: str | None = None
    case_id: UUID | None = None
    errors: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)


class ImportedCase(Base, table=True):
    """A case that came by import, under the id it has in the sender's house."""

    __tablename__ = "imported_cases"

    team: UUID = Field(primary_key=True, foreign_key="teams.id")
    external_id: str = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id", unique=True)
    import_id: UUID
    source_kind: str
    age_group: str
