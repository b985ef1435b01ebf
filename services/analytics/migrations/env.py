"""Alembic's entry for the analytics service."""

from services.analytics.tables import Base
from shared.migrations import run_env

run_env(Base.metadata)
