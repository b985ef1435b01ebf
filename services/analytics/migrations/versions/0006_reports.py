"""The facts of every report: what happens in cases, what is around them, prices and costs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
MONEY = sa.Numeric(14, 2)
OF_REFERRALS = ("age_group", "housing_status", "eviction_stage")
TABLES = (
    "visit_facts",
    "goal_facts",
    "motivation_facts",
    "housing_facts",
    "segment_facts",
    "handover_facts",
    "path_facts",
    "team_facts",
    "worker_facts",
    "gap_facts",
    "consent_facts",
    "prices",
    "service_costs",
)


def upgrade() -> None:
    """Adds columns and tables; what runs on the tables as they were goes on."""
    _first_facts()
    _goals_and_visits()
    for table, columns in (
        ("motivation_facts", [sa.Column("value", sa.Integer(), nullable=False)]),
        ("housing_facts", [_text("from_status", nullable=True), _text("to_status")]),
        ("segment_facts", [_text("support_need"), _text("complexity")]),
    ):
        _of_versions(table, columns)
    _handovers()
    _paths()
    _surroundings()
    _consents()
    _inputs()


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _version(name: str = "version") -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0"))


def _first_facts() -> None:
    for name in OF_REFERRALS:
        op.add_column("referral_facts", sa.Column(name, sa.String()))
    op.add_column("referral_facts", _version("codes_version"))
    op.add_column("referral_facts", sa.Column("received_hours", sa.Float()))
    op.create_index("ix_referral_facts_case_id", "referral_facts", ["case_id"])
    for column in (
        sa.Column("contacted_at", MOMENT),
        sa.Column("contacted_hours", sa.Float()),
        sa.Column("within_deadline", sa.Boolean()),
        _version("contacted_version"),
        sa.Column("previous_case", sa.Uuid()),
    ):
        op.add_column("case_facts", column)
    op.create_index("ix_case_facts_contacted_at", "case_facts", ["contacted_at"])
    op.create_index("ix_case_facts_previous_case", "case_facts", ["previous_case"])


def _goals_and_visits() -> None:
    op.create_table(
        "visit_facts",
        sa.Column("visit_id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Uuid()),
        sa.Column("scheduled_at", MOMENT, nullable=False),
        _text("location"),
        _text("state"),
        _version(),
    )
    op.create_index("ix_visit_facts_case_id", "visit_facts", ["case_id"])
    op.create_index("ix_visit_facts_scheduled_at", "visit_facts", ["scheduled_at"])
    op.create_table(
        "goal_facts",
        sa.Column("goal_id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Uuid()),
        _text("area"),
        sa.Column("set_at", MOMENT),
        _text("state"),
        _version(),
    )
    op.create_index("ix_goal_facts_set_at", "goal_facts", ["set_at"])


def _of_versions(table: str, columns: list[sa.Column[str]] | list[sa.Column[int]]) -> None:
    op.create_table(
        table,
        sa.Column("case_id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("team", sa.Uuid()),
        *columns,
    )
    op.create_index(f"ix_{table}_at", table, ["at"])


def _handovers() -> None:
    steps = ("proposed_at", "accepted_at", "declined_at", "confirmed_at", "failed_at")
    op.create_table(
        "handover_facts",
        sa.Column("handover_id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Uuid()),
        _text("receiver_kind"),
        *(sa.Column(name, MOMENT) for name in steps),
        sa.Column("attached", sa.Boolean()),
        _version("attached_version"),
    )
    op.create_index("ix_handover_facts_case_id", "handover_facts", ["case_id"])
    op.create_index("ix_handover_facts_proposed_at", "handover_facts", ["proposed_at"])


def _paths() -> None:
    op.create_table(
        "path_facts",
        sa.Column("path_id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Uuid()),
        sa.Column("organisations", sa.Integer(), nullable=False),
        sa.Column("next_review_on", sa.Date(), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        _version(),
    )
    op.create_index("ix_path_facts_case_id", "path_facts", ["case_id"])


def _surroundings() -> None:
    op.create_table(
        "team_facts",
        sa.Column("team", sa.Uuid(), primary_key=True),
        _text("county"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_table(
        "worker_facts",
        sa.Column("worker_id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("team", sa.Uuid(), nullable=False),
        sa.Column("capacity_points", sa.Integer(), nullable=False),
    )
    op.create_table(
        "gap_facts",
        sa.Column("gap_id", sa.Uuid(), primary_key=True),
        *(_text(name) for name in ("type", "service", "municipality", "county", "status")),
        sa.Column("team", sa.Uuid()),
        sa.Column("reported_at", MOMENT),
        _version(),
    )
    op.create_index("ix_gap_facts_reported_at", "gap_facts", ["reported_at"])


def _consents() -> None:
    op.create_table(
        "consent_facts",
        sa.Column("consent_id", sa.Uuid(), primary_key=True),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        _text("direction", nullable=True),
        *(sa.Column(name, MOMENT) for name in ("given_at", "valid_to", "revoked_at", "denied_at")),
    )
    op.create_index("ix_consent_facts_client_ref", "consent_facts", ["client_ref"])
    op.create_index("ix_consent_facts_given_at", "consent_facts", ["given_at"])


def _inputs() -> None:
    for table, key, amount in (
        ("prices", sa.Column("alternative_service", sa.String()), "unit_price_eur"),
        ("service_costs", sa.Column("team", sa.Uuid()), "cost_eur"),
    ):
        op.create_table(
            table,
            key,
            sa.Column("year", sa.Integer(), autoincrement=False),
            sa.Column(amount, MONEY, nullable=False),
            sa.Column("low_eur", MONEY),
            sa.Column("high_eur", MONEY),
            _text("source"),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint(key.name, "year"),
        )


def downgrade() -> None:
    """Takes them away."""
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("ix_case_facts_previous_case", "case_facts")
    op.drop_index("ix_case_facts_contacted_at", "case_facts")
    op.drop_index("ix_referral_facts_case_id", "referral_facts")
    for name in (
        "previous_case",
        "contacted_version",
        "within_deadline",
        "contacted_hours",
        "contacted_at",
    ):
        op.drop_column("case_facts", name)
    for name in ("received_hours", "codes_version", *OF_REFERRALS):
        op.drop_column("referral_facts", name)
