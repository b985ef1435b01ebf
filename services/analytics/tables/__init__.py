"""The tables of the analytics service: facts that events become, and what people put in."""

from services.analytics.tables.core import (
    Base,
    CaseFact,
    ClientAlias,
    PlacementFact,
    ReferralFact,
)
from services.analytics.tables.life import (
    GoalFact,
    HandoverFact,
    HousingFact,
    MotivationFact,
    PathFact,
    SegmentFact,
    VisitFact,
)
from services.analytics.tables.surroundings import (
    ConsentFact,
    GapFact,
    MobileTarget,
    Price,
    ServiceCost,
    TeamFact,
    WorkerFact,
)

__all__ = [
    "Base",
    "CaseFact",
    "ClientAlias",
    "ConsentFact",
    "GapFact",
    "GoalFact",
    "HandoverFact",
    "HousingFact",
    "MobileTarget",
    "MotivationFact",
    "PathFact",
    "PlacementFact",
    "Price",
    "ReferralFact",
    "SegmentFact",
    "ServiceCost",
    "TeamFact",
    "VisitFact",
    "WorkerFact",
]
