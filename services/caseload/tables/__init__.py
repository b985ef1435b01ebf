"""The caseload service's own tables, one module a capability that keeps something."""

from services.caseload.tables.assignment import Absence, IntakeRule, LeadDecision
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
from services.caseload.tables.deadlines import CaseClock
from services.caseload.tables.handovers import Handover, HandoverFollowUp
from services.caseload.tables.imports import (
    CaseImport,
    CaseImportPiece,
    CaseImportResult,
    ImportedCase,
)
from services.caseload.tables.life import CaseLife, Goal, MotivationPoint, Visit
from services.caseload.tables.persons import ClientAlias, NamedReferral
from services.caseload.tables.registers import (
    Consultation,
    GroupAttendance,
    GroupSession,
    Placement,
    ServiceGap,
    ServicePath,
)

__all__ = [
    "Absence",
    "AssignmentExplanation",
    "Base",
    "Case",
    "CaseClock",
    "CaseImport",
    "CaseImportPiece",
    "CaseImportResult",
    "CaseLife",
    "CaseReferral",
    "CaseWorker",
    "ClientAlias",
    "Consultation",
    "ContactAttempt",
    "Goal",
    "GroupAttendance",
    "GroupSession",
    "Handover",
    "HandoverFollowUp",
    "ImportedCase",
    "IntakeRule",
    "LeadDecision",
    "MotivationPoint",
    "NamedReferral",
    "Placement",
    "ServiceGap",
    "ServicePath",
    "Team",
    "Visit",
    "WaitlistPlace",
    "Worker",
]
