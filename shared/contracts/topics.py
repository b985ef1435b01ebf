"""Every topic by name. Each has one writer service and a dead-letter topic beside it."""

REFERRAL = "nopsa.referral.v1"
CLIENT = "nopsa.client.v1"
CASE = "nopsa.case.v1"
TEAM = "nopsa.team.v1"
GAP = "nopsa.gap.v1"
CONSULTATION = "nopsa.consultation.v1"
CONSENT = "nopsa.consent.v1"

ALL = (REFERRAL, CLIENT, CASE, TEAM, GAP, CONSULTATION, CONSENT)


def dead_letter(topic: str) -> str:
    """The dead-letter topic of a topic."""
    return f"{topic}.dlq"
