"""What imported history tells of a case, and placements on the service ladder."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OF_CASES = ("source_kind", "age_group", "status_at_opening", "alternative_at_opening")


def upgrade() -> None:
    """Adds columns and a table; what runs on the tables as they were goes on."""
    for name in OF_CASES:
        op.add_column("case_facts", sa.Column(name, sa.String()))
    zero = sa.text("0")
    op.create_table(
        "placement_facts",
        sa.Column("placement_id", sa.Uuid(), primary_key=True),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid()),
        sa.Column("team", sa.Uuid()),
        sa.Column("county", sa.String()),
        sa.Column("service_type", sa.String()),
        sa.Column("production", sa.String()),
        sa.Column("channel", sa.String()),
        sa.Column("starts_on", sa.Date()),
        sa.Column("requires_sobriety", sa.Boolean()),
        sa.Column(
            "entered_in_error", sa.Boolean(), nullable=False, server_default=sa.text("false")
        ),
        sa.Column("placed_version", sa.Integer(), nullable=False, server_default=zero),
        sa.Column("ends_on", sa.Date()),
        sa.Column("ends_version", sa.Integer(), nullable=False, server_default=zero),
    )
    op.create_index("ix_placement_facts_client_ref", "placement_facts", ["client_ref"])
    op.create_index("ix_placement_facts_starts_on", "placement_facts", ["starts_on"])


def downgrade() -> None:
    """Takes them away."""
    op.drop_table("placement_facts")
    for name in OF_CASES:
        op.drop_column("case_facts", name)
