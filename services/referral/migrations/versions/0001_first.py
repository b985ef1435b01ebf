"""Partners, clients, referrals and partner consents, on the platform's tables."""

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
    _partners()
    _clients()
    _referrals()
    op.create_table(
        "partner_consents",
        sa.Column("consent_id", sa.Uuid(), primary_key=True),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("valid_to", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("partner_consents_of", "partner_consents", ["client_ref", "partner_id"])


def _partners() -> None:
    op.create_table(
        "partners",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("business_id", sa.String()),
        sa.Column("oid", sa.String()),
        sa.Column("municipalities", JSONB(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def _clients() -> None:
    op.create_table(
        "clients",
        sa.Column("client_ref", sa.Uuid(), primary_key=True),
        sa.Column("identity_index", sa.LargeBinary(), unique=True),
        sa.Column("identity_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("municipality", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("age_group", sa.String(), nullable=False),
        sa.Column("non_disclosure_order", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("registered_at", MOMENT, nullable=False),
    )


def _referrals() -> None:
    op.create_table(
        "referrals",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("reference", sa.String(), nullable=False, unique=True),
        sa.Column("partner_id", sa.Uuid(), sa.ForeignKey("partners.id"), nullable=False),
        sa.Column("source_kind", sa.String(), nullable=False),
        sa.Column("external_id", sa.String()),
        sa.Column("content_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("client_ref", sa.Uuid(), sa.ForeignKey("clients.client_ref"), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("lawful_basis", sa.String(), nullable=False),
        sa.Column("reasons", JSONB(), nullable=False),
        sa.Column("municipality", sa.String(), nullable=False),
        sa.Column("housing", JSONB()),
        sa.Column("leaves_institution_on", sa.Date()),
        sa.Column("wished_team", sa.Uuid()),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("business_status", sa.String()),
        sa.Column("team", sa.Uuid()),
        sa.Column("contact_due_at", MOMENT),
        sa.Column("contacted_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("pending_since", MOMENT, nullable=False),
        sa.Column("case_id", sa.Uuid()),
        sa.Column("case_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_referrals_client_ref", "referrals", ["client_ref"])
    op.create_index("referrals_of_partner", "referrals", ["partner_id", "id"])
    op.create_index(
        "referrals_external_id",
        "referrals",
        ["partner_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Takes the service's own tables away; the platform's go with the database."""
    for table in ("partner_consents", "referrals", "clients", "partners"):
        op.drop_table(table)
