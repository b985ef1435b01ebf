"""Denials; consents that have ended are found by their end."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Makes the table and the index."""
    op.create_table(
        "denials",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String()),
        sa.Column("partner_id", sa.Uuid()),
        sa.Column("organisations", JSONB()),
        sa.Column("data_classes", JSONB()),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("lifted_at", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("denials_of_client", "denials", ["client_ref", "id"])
    op.create_index(
        "consents_to_expire",
        "consents",
        ["valid_to"],
        postgresql_where=sa.text("status = 'given' AND valid_to IS NOT NULL"),
    )


def downgrade() -> None:
    """Takes them away; a consent that ended is a given one whose period is over."""
    op.drop_index("consents_to_expire", "consents")
    op.execute("UPDATE consents SET status = 'given' WHERE status = 'expired'")
    op.drop_table("denials")
