"""More facts have their case's team, county and municipality in their own row, and a visit when the
one before it was kept; the first referral of a case is read from an index. tests/benchmarks shows
what for.

One that broke off is run again from its beginning. What an event process of before writes while
this runs has none of it: `nopsa rebuild analytics` fills it in."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

FACTS = ("goal_facts", "motivation_facts", "housing_facts", "handover_facts")
OF_CASE = (("case_team", sa.Uuid()), ("county", sa.String()), ("municipality", sa.String()))
OF_VISITS = ("kept_before", "team_kept_before")
FILL = """
    UPDATE {table}
    SET case_team = cases.team, county = cases.county, municipality = cases.municipality
    FROM case_facts AS cases
    WHERE cases.case_id = {table}.case_id
"""
FILL_VISITS = """
    UPDATE visit_facts
    SET kept_before = told.kept_before, team_kept_before = told.team_kept_before
    FROM (
        SELECT visit_id,
            lag(scheduled_at) OVER (PARTITION BY case_id ORDER BY scheduled_at, visit_id)
                AS kept_before,
            lag(scheduled_at) OVER (PARTITION BY case_id, coalesce(team, case_team)
                ORDER BY scheduled_at, visit_id) AS team_kept_before
        FROM visit_facts WHERE state = 'kept'
    ) AS told
    WHERE told.visit_id = visit_facts.visit_id AND told.kept_before IS NOT NULL
"""
STEPS = ["accepted_at", "declined_at", "confirmed_at", "failed_at"]
SHARED = ["case_id", "team", "case_team"]
VISITS = [*SHARED, "state", "location", *OF_VISITS]
INDEXES = {
    "visit_facts_when": ("visit_facts", ["scheduled_at"], VISITS),
    "visit_facts_of_county": ("visit_facts", ["county", "scheduled_at"], VISITS),
    "goal_facts_of_county": ("goal_facts", ["county", "set_at"], [*SHARED, "area", "state"]),
    "motivation_facts_of_county": (
        "motivation_facts",
        ["county", "at"],
        [*SHARED, "value", "version"],
    ),
    "housing_facts_of_county": (
        "housing_facts",
        ["county", "at"],
        [*SHARED, "from_status", "to_status", "version"],
    ),
    "handover_facts_of_county": (
        "handover_facts",
        ["county", "proposed_at"],
        [*SHARED, "receiver_kind", *STEPS, "attached"],
    ),
}
OF_A_REFERRAL = ["source_kind", "age_group", "urgency", "received_hours"]
COUNTED = "received_at IS NOT NULL AND NOT entered_in_error"
BEFORE = {
    "visit_facts_by_time": (["scheduled_at"], [*SHARED, "state", "location"]),
    "visit_facts_by_county": (
        ["county", "scheduled_at"],
        ["case_id", "visit_id", "team", "case_team", "state", "location"],
    ),
}


def upgrade() -> None:
    """Adds the columns, fills them, and adds the indexes beside; those that they stand for go."""
    for table in FACTS:
        for name, kind in OF_CASE:
            op.add_column(table, sa.Column(name, kind), if_not_exists=True)
    for name in OF_VISITS:
        column = sa.Column(name, sa.DateTime(timezone=True))
        op.add_column("visit_facts", column, if_not_exists=True)
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        for table in FACTS:
            op.execute(FILL.format(table=table))
        op.execute(FILL_VISITS)
        for name, (table, columns, included) in INDEXES.items():
            _index(name, table, columns, included)
        of_case = ["case_id", "received_at", "referral_id"]
        _index("referral_facts_of_case", "referral_facts", of_case, OF_A_REFERRAL, COUNTED)
        for name in BEFORE:
            op.drop_index(f"ix_{name}", "visit_facts", postgresql_concurrently=True, if_exists=True)
        op.execute("RESET statement_timeout")


def _index(
    name: str, table: str, columns: list[str], included: list[str], where: str | None = None
) -> None:
    op.drop_index(f"ix_{name}", table, postgresql_concurrently=True, if_exists=True)
    op.create_index(
        f"ix_{name}",
        table,
        columns,
        postgresql_include=included,
        postgresql_concurrently=True,
        if_not_exists=True,
        postgresql_where=None if where is None else sa.text(where),
    )


def downgrade() -> None:
    """Takes them away."""
    for name, (columns, included) in BEFORE.items():
        op.create_index(f"ix_{name}", "visit_facts", columns, postgresql_include=included)
    op.drop_index("ix_referral_facts_of_case", "referral_facts")
    for name, (table, *_) in INDEXES.items():
        op.drop_index(f"ix_{name}", table)
    for name in OF_VISITS:
        op.drop_column("visit_facts", name)
    for table in FACTS:
        for name, _ in OF_CASE:
            op.drop_column(table, name)
