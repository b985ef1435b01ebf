"""Visits have their case's team, county and municipality in their own row, and are found by county
and time without a look at the cases. tests/benchmarks shows what for."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

COLUMNS = (("case_team", sa.Uuid()), ("county", sa.String()), ("municipality", sa.String()))
BY_COUNTY = ["case_id", "visit_id", "team", "case_team", "state", "location"]
BY_TIME = ["case_id", "team", "case_team", "state", "location"]
BY_TIME_BEFORE = ["case_id", "team", "state", "location"]
FILL = """
    UPDATE visit_facts
    SET case_team = cases.team, county = cases.county, municipality = cases.municipality
    FROM case_facts AS cases
    WHERE cases.case_id = visit_facts.case_id
"""


def upgrade() -> None:
    """Adds the columns, and fills them from the cases."""
    for name, kind in COLUMNS:
        op.add_column("visit_facts", sa.Column(name, kind))
    op.execute(FILL)
    _index("by_county", ["county", "scheduled_at"], BY_COUNTY)
    op.drop_index("ix_visit_facts_by_time", "visit_facts")
    _index("by_time", ["scheduled_at"], BY_TIME)


def _index(name: str, columns: list[str], included: list[str]) -> None:
    op.create_index(f"ix_visit_facts_{name}", "visit_facts", columns, postgresql_include=included)


def downgrade() -> None:
    """Takes them away."""
    op.drop_index("ix_visit_facts_by_time", "visit_facts")
    _index("by_time", ["scheduled_at"], BY_TIME_BEFORE)
    op.drop_index("ix_visit_facts_by_county", "visit_facts")
    for name, _ in COLUMNS:
        op.drop_column("visit_facts", name)
