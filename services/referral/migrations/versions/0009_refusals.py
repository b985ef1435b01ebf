"""What a client who refused consent makes due for erasure."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the columns, and an index of what is due."""
    op.add_column("referrals", sa.Column("consent_answered_at", MOMENT))
    op.add_column("referrals", sa.Column("refused_on", sa.Date()))
    op.add_column("referrals", sa.Column("beyond_basis_erased_at", MOMENT))
    op.create_index(
        "referrals_refused",
        "referrals",
        ["refused_on"],
        postgresql_where=sa.text("refused_on IS NOT NULL AND beyond_basis_erased_at IS NULL"),
    )


def downgrade() -> None:
    """Takes them away; what was erased stays so."""
    op.drop_index("referrals_refused", "referrals")
    for column in ("beyond_basis_erased_at", "refused_on", "consent_answered_at"):
        op.drop_column("referrals", column)
