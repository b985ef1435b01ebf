"""Consents, on the platform's tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrations import platform_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Makes the tables."""
    platform_v1()
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("partner_id", sa.Uuid()),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("targets", JSONB()),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("valid_to", MOMENT),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("consents_of_client", "consents", ["client_ref", "id"])


def downgrade() -> None:
    """Takes the service's own tables away; the platform's go with the database."""
    op.drop_table("consents")
