"""Every topic by name. Each has a dead-letter topic beside it and one writer service; only what was
disclosed is told by all of them."""

REFERRAL = "nopsa.referral.v1"
CLIENT = "nopsa.client.v1"
CASE = "nopsa.case.v1"
TEAM = "nopsa.team.v1"
GAP = "nopsa.gap.v1"
CONSULTATION = "nopsa.consultation.v1"
CONSENT = "nopsa.consent.v1"
DISCLOSURE = "nopsa.disclosure.v1"
RECORD_SOCIAL = "nopsa.record.social.v1"
RECORD_HEALTH = "nopsa.record.health.v1"
RECORD_STATUS = "nopsa.record-status.v1"

ALL = (
    REFERRAL,
    CLIENT,
    CASE,
    TEAM,
    GAP,
    CONSULTATION,
    CONSENT,
    DISCLOSURE,
    RECORD_SOCIAL,
    RECORD_HEALTH,
    RECORD_STATUS,
)


def dead_letter(topic: str) -> str:
    """The dead-letter topic of a topic."""
    return f"{topic}.dlq"
