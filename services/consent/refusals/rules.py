"""When a refusal may be recorded; pure."""

from datetime import datetime

from services.consent.consents.rules import BACKDATING


def is_recordable(refused_at: datetime, now: datetime) -> bool:
    """Whether the client said no at a moment that is past, and no longer past than a consent may
    be backdated: what was said longer ago is asked again."""
    return now - BACKDATING <= refused_at <= now
