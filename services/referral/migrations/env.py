"""Alembic's entry for the referral service."""

from services.referral.tables import Base
from shared.migrations import run_env

run_env(Base.metadata)
