"""Bulk imports: the job, the uploaded file in sealed pieces until it is done, a result per line."""

from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.referral.tables.base import Base
from shared.jobs import Job


class Import(Job, Base, table=True):
    """One uploaded file. `position` is the number of the last line that was settled."""

    __tablename__ = "imports"
    __table_args__ = (
        Index("imports_open", "id", postgresql_where=text("state IN ('queued', 'running')")),
    )

    partner_id: UUID = Field(foreign_key="partners.id")
    format: str
    charset: str | None = None
    dry_run: bool = False
    position: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    errors: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)


def _of_import() -> Any:
    """The first half of a primary key: the import it belongs to and goes with."""
    return Field(
        sa_column=Column(Uuid, ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    )


class ImportChunk(Base, table=True):
    """A piece of the uploaded file, sealed as `import_chunks/<import>/<nth>`."""

    __tablename__ = "import_chunks"

    import_id: UUID = _of_import()
    nth: int = Field(primary_key=True)
    content_sealed: bytes


class ImportResult(Base, table=True):
    """What became of one line; nothing of what it said."""

    __tablename__ = "import_results"

    import_id: UUID = _of_import()
    line: int = Field(primary_key=True)
    outcome: str
    referral_id: UUID | None = None
    reference: str | None = None
    errors: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
