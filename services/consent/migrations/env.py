"""Alembic's entry for the consent service."""

from services.consent.tables import Base
from shared.migrations import run_env

run_env(Base.metadata)
