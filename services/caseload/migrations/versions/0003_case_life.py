"""The life of a case: assessment, goals, motivation, visits, cadence, housing, segment, handovers.

A referral may begin several periods: a client who comes back needs no new one.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Makes the tables."""
    op.drop_constraint("case_referrals_pkey", "case_referrals")
    op.create_primary_key("case_referrals_pkey", "case_referrals", ["referral_id", "case_id"])
    op.add_column(
        "case_referrals",
        sa.Column("again", sa.Boolean(), nullable=False, server_default="false"),
    )
    op.add_column("teams", sa.Column("return_window_days", sa.Integer()))
    _lives()
    _goals_and_motivation()
    _visits()
    _handovers()


def _lives() -> None:
    op.create_table(
        "case_lives",
        sa.Column("case_id", sa.Uuid(), primary_key=True),
        sa.Column("previous_case", sa.Uuid()),
        sa.Column("consent_to_ask", sa.Boolean(), nullable=False),
        sa.Column("contact_escalated", sa.Boolean(), nullable=False),
        sa.Column("assessment_started_at", MOMENT),
        sa.Column("assessment_completed_at", MOMENT),
        sa.Column("assessment_joint_with", sa.String()),
        sa.Column("motivation", sa.Integer()),
        sa.Column("motivation_before", sa.Integer()),
        sa.Column("motivation_at", MOMENT),
        sa.Column("days_between_visits", sa.Integer()),
        sa.Column("tapering", sa.Boolean(), nullable=False),
        sa.Column("housing_status", sa.String()),
        sa.Column("housing_since", sa.Date()),
        sa.Column("support_need", sa.String()),
        sa.Column("complexity", sa.String()),
        sa.Column("over_nurse_limit", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_case_lives_previous_case", "case_lives", ["previous_case"])


def _goals_and_motivation() -> None:
    op.create_table(
        "goals",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("wording", sa.LargeBinary()),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
    )
    op.create_index("ix_goals_case_id", "goals", ["case_id"])
    op.create_table(
        "motivation_points",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("worker_id", sa.Uuid()),
    )
    op.create_index("ix_motivation_points_case_id", "motivation_points", ["case_id"])


def _visits() -> None:
    op.create_table(
        "visits",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("workers", JSONB(), nullable=False),
        sa.Column("professions", JSONB(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("booked_at", MOMENT, nullable=False),
        sa.Column("held_at", MOMENT),
        sa.Column("cancelled_at", MOMENT),
        sa.Column("cancelled_by", sa.String()),
        sa.Column("cancel_reason", sa.String()),
    )
    op.create_index("visits_of_case", "visits", ["case_id", "id"])
    op.create_index(
        "visits_to_come", "visits", ["at"], postgresql_where=sa.text("state = 'booked'")
    )


def _handovers() -> None:
    op.create_table(
        "handovers",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("receiver_id", sa.Uuid()),
        sa.Column("receiver_name", sa.String()),
        sa.Column("receiver_kind", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("answer_due_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("joint_meeting_at", MOMENT),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_reason", sa.String()),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_handovers_case_id", "handovers", ["case_id"])
    op.create_index("handovers_of_receiver", "handovers", ["receiver_id", "id"])
    unanswered = sa.text("state = 'proposed'")
    op.create_index(
        "handovers_unanswered", "handovers", ["answer_due_at"], postgresql_where=unanswered
    )
    op.create_table(
        "handover_follow_ups",
        sa.Column("handover_id", sa.Uuid(), sa.ForeignKey("handovers.id"), primary_key=True),
        sa.Column("days", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT),
        sa.Column("attached", sa.Boolean()),
    )
    to_do = sa.text("done_at IS NULL")
    op.create_index("follow_ups_to_do", "handover_follow_ups", ["due_at"], postgresql_where=to_do)


def downgrade() -> None:
    """Takes the tables away. Who came back keeps the referrals with the first period alone."""
    for table in (
        "handover_follow_ups",
        "handovers",
        "visits",
        "motivation_points",
        "goals",
        "case_lives",
    ):
        op.drop_table(table)
    op.execute("DELETE FROM case_referrals WHERE again")
    op.drop_column("case_referrals", "again")
    op.drop_column("teams", "return_window_days")
    op.drop_constraint("case_referrals_pkey", "case_referrals")
    op.create_primary_key("case_referrals_pkey", "case_referrals", ["referral_id"])
