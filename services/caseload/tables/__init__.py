"""The caseload service's own tables, one module a capability that keeps something."""

from services.caseload.tables.base import Base
from services.caseload.tables.core import (
    AssignmentExplanation,
    Case,
    CaseReferral,
    CaseWorker,
    ContactAttempt,
    Team,
    WaitlistPlace,
    Worker,
)

__all__ = [
    "AssignmentExplanation",
    "Base",
    "Case",
    "CaseReferral",
    "CaseWorker",
    "ContactAttempt",
    "Team",
    "WaitlistPlace",
    "Worker",
]
