"""The disclosure log: append-only rows in one hash chain, its head, and seals of it.

Triggers refuse every change of what was written, also under `session_replication_role = replica`.
Who owns the tables can take them away: the hash chain is there to find that out.
"""

import sqlalchemy as sa
from alembic import op

from shared.migrations import platform_v2, platform_v2_undone

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
GENESIS = "a8c7a05324f3b18a00c655ec7bb67c725e4135d5e496d8105a48940d8e12ca38"
APPEND_ONLY = ("disclosures", "disclosure_seals")


def upgrade() -> None:
    """Makes the tables and their guards, and lets this service's own audit log be told."""
    platform_v2()
    _make_log()
    op.create_table(
        "disclosure_head",
        sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
    )
    first = sa.text("INSERT INTO disclosure_head VALUES (1, 0, decode(:genesis, 'hex'))")
    op.execute(first.bindparams(genesis=GENESIS))
    op.create_table(
        "disclosure_seals",
        sa.Column("rows", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", MOMENT, nullable=False),
    )
    _guard()


def downgrade() -> None:
    """Takes the log away."""
    for table in (*APPEND_ONLY, "disclosure_head"):
        op.drop_table(table)
    op.execute("DROP FUNCTION append_only()")
    platform_v2_undone()


def _make_log() -> None:
    op.create_table(
        "disclosures",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("noted_at", MOMENT, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("audit_id", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("org", sa.String()),
        sa.Column("worker", sa.String()),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid()),
        sa.Column("data_class", sa.String(), nullable=False),
        sa.Column("purpose", sa.String()),
        sa.Column("basis", sa.String()),
        sa.Column("trace_id", sa.String()),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
    )
    op.create_index("disclosures_of_client", "disclosures", ["client_ref", "id"])


def _guard() -> None:
    op.execute(
        """
        CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only")
