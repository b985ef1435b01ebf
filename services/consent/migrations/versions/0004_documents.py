"""Documents for the two records: their texts, what each record was told, and what it confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Makes the tables."""
    _make_documents()
    _make_texts()
    _make_copies()
    _make_receipts()


def downgrade() -> None:
    """Takes them away."""
    for table in ("document_receipts", "document_copies", "document_texts", "documents"):
        op.drop_table(table)


def _make_documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("written_in", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("overdue_at", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("documents_of_client", "documents", ["client_ref", "id"])
    op.create_index("documents_by_state", "documents", ["state", "id"])
    op.create_index(
        "documents_due",
        "documents",
        ["due_at", "id"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def _make_texts() -> None:
    op.create_table(
        "document_texts",
        sa.Column("document_id", sa.Uuid(), sa.ForeignKey("documents.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("written_by", sa.Uuid()),
    )


def _make_copies() -> None:
    op.create_table(
        "document_copies",
        sa.Column("document_id", sa.Uuid(), sa.ForeignKey("documents.id"), primary_key=True),
        sa.Column("record", sa.String(), primary_key=True),
        sa.Column("announced", sa.Integer(), nullable=False),
        sa.Column("announced_at", MOMENT, nullable=False),
        sa.Column("permitted_until", MOMENT),
        sa.Column("read", sa.Integer()),
        sa.Column("stored", sa.Integer()),
        sa.Column("record_id", sa.String()),
        sa.Column("stored_at", MOMENT),
        sa.Column("withdrawn_at", MOMENT),
    )
    op.create_index(
        "document_copies_permitted",
        "document_copies",
        ["permitted_until"],
        postgresql_where=sa.text("withdrawn_at IS NULL AND permitted_until IS NOT NULL"),
    )


def _make_receipts() -> None:
    op.create_table(
        "document_receipts",
        sa.Column("document_id", sa.Uuid(), sa.ForeignKey("documents.id"), primary_key=True),
        sa.Column("record", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("record_id", sa.String(), primary_key=True),
        sa.Column("stored_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
    )
