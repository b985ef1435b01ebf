"""The only language between services: events per topic and version, and the code lists.

A published version never changes meaning; fields are only added, and only optional ones. Golden
samples of every version stay in `tests/contract/golden` and parse for ever.
"""

# Importing the modules publishes their events.
from shared.contracts import (
    case_life,
    caseload,
    consent,
    deadlines,
    disclosure,
    records,
    referral,
    registers,
)
from shared.contracts.base import EVENTS, EventData, event_class, topic_of, type_of

__all__ = [
    "EVENTS",
    "EventData",
    "case_life",
    "caseload",
    "consent",
    "deadlines",
    "disclosure",
    "event_class",
    "records",
    "referral",
    "registers",
    "topic_of",
    "type_of",
]
