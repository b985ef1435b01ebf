"""The statutory clock of a case or place in line, and which deadlines were told as passed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
UNREACHED = sa.text("contacted_at IS NULL AND status <> 'closed'")


def upgrade() -> None:
    """Makes the table, and an index of who is still to be reached."""
    op.create_table(
        "case_clocks",
        sa.Column("case_id", sa.Uuid(), primary_key=True),
        sa.Column("pending_since", MOMENT, nullable=False),
        sa.Column("urgent_since", MOMENT),
        sa.Column("ground", sa.String()),
        sa.Column("ground_recorded", sa.Boolean(), nullable=False),
        sa.Column("assessment_due_on", sa.Date()),
        sa.Column("contact_overdue_at", MOMENT),
        sa.Column("assessment_overdue_at", MOMENT),
    )
    op.create_index("cases_contact_due", "cases", ["contact_due_at"], postgresql_where=UNREACHED)


def downgrade() -> None:
    """Takes both away."""
    op.drop_index("cases_contact_due", "cases")
    op.drop_table("case_clocks")
