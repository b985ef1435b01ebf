"""Alembic's entry for the caseload service."""

from services.caseload.tables import Base
from shared.migrations import run_env

run_env(Base.metadata)
