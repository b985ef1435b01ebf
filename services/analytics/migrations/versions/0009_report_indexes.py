"""What a county's report of a period reads is found by county and time; of what there are many
rows, the index holds all that reports read. tests/benchmarks shows what for."""

from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

BY_COUNTY = (
    ("case_facts", "opened_at"),
    ("case_facts", "closed_at"),
    ("case_facts", "contacted_at"),
    ("referral_facts", "received_at"),
)
PLAIN = (("case_facts", "closed_at"), ("goal_facts", "case_id"))
BY_TIME = {
    "visit_facts": ("scheduled_at", ["case_id", "team", "state", "location"]),
    "goal_facts": ("set_at", ["case_id", "team", "area", "state"]),
    "motivation_facts": ("at", ["case_id", "team", "value", "version"]),
    "housing_facts": ("at", ["case_id", "team", "from_status", "to_status", "version"]),
}
OF_A_CASE = (["case_id", "scheduled_at"], ["visit_id", "state", "location", "team"])
REPLACED = (
    ("visit_facts", "case_id"),
    *((table, moment) for table, (moment, _) in BY_TIME.items()),
)


def upgrade() -> None:
    """Adds the indexes, and takes away those that they stand for."""
    for table, column in BY_COUNTY:
        op.create_index(f"ix_{table}_county_{column}", table, ["county", column])
    for table, column in PLAIN:
        op.create_index(f"ix_{table}_{column}", table, [column])
    for table, (moment, included) in BY_TIME.items():
        op.create_index(f"ix_{table}_by_time", table, [moment], postgresql_include=included)
    columns, included = OF_A_CASE
    op.create_index("ix_visit_facts_by_case", "visit_facts", columns, postgresql_include=included)
    for table, column in REPLACED:
        op.drop_index(f"ix_{table}_{column}", table)


def downgrade() -> None:
    """Back to the indexes of before."""
    for table, column in REPLACED:
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.drop_index("ix_visit_facts_by_case", "visit_facts")
    for table in BY_TIME:
        op.drop_index(f"ix_{table}_by_time", table)
    for table, column in PLAIN:
        op.drop_index(f"ix_{table}_{column}", table)
    for table, column in BY_COUNTY:
        op.drop_index(f"ix_{table}_county_{column}", table)
