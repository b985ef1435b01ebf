"""Bulk imports with their uploaded files and results, and retention runs."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("state IN ('queued', 'running')")


def upgrade() -> None:
    """Makes the tables, and marks of erasure on what the first revision made."""
    _imports()
    _retention_runs()
    for table in ("referrals", "clients"):
        op.add_column(table, sa.Column("erased_at", MOMENT))


def _job() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("caller_subject", sa.String(), nullable=False),
        sa.Column("caller_client_id", sa.String(), nullable=False),
        sa.Column("caller_org", sa.String()),
        sa.Column("caller_worker", sa.String()),
        sa.Column("lease_owner", sa.Uuid()),
        sa.Column("leased_until", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
    ]


def _imports() -> None:
    op.create_table(
        "imports",
        *_job(),
        sa.Column("partner_id", sa.Uuid(), sa.ForeignKey("partners.id"), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("charset", sa.String()),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("errors", JSONB(), nullable=False),
    )
    op.create_index("imports_open", "imports", ["id"], postgresql_where=OPEN)
    op.create_table(
        "import_chunks",
        _of_import(),
        sa.Column("nth", sa.Integer(), primary_key=True),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "import_results",
        _of_import(),
        sa.Column("line", sa.Integer(), primary_key=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("referral_id", sa.Uuid()),
        sa.Column("reference", sa.String()),
        sa.Column("errors", JSONB(), nullable=False),
    )


def _of_import() -> sa.Column[Any]:
    return sa.Column(
        "import_id",
        sa.Uuid(),
        sa.ForeignKey("imports.id", ondelete="CASCADE"),
        primary_key=True,
    )


def _retention_runs() -> None:
    op.create_table(
        "retention_runs",
        *_job(),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("position", sa.Uuid()),
        sa.Column("report", JSONB(), nullable=False),
    )
    op.create_index("retention_runs_open", "retention_runs", ["id"], postgresql_where=OPEN)


def downgrade() -> None:
    """Takes them away again."""
    for table in ("referrals", "clients"):
        op.drop_column(table, "erased_at")
    for table in ("retention_runs", "import_results", "import_chunks", "imports"):
        op.drop_table(table)
