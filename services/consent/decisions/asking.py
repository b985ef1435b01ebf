"""What a decision is asked about: who asks for which data, which way, and for what; pure."""

from enum import StrEnum

from shared.contracts.codes import ConsentDirection, Sector


class RequesterSector(StrEnum):
    """On whose behalf somebody asks."""

    SOCIAL = "social"
    HEALTH = "health"
    PARTNER = "partner"


class Purpose(StrEnum):
    """What the data are wanted for; it is logged with the decision."""

    CARE = "care"
    COORDINATION = "coordination"
    ADMINISTRATION = "administration"


RECEIVER = {
    ConsentDirection.SOCIAL_TO_HEALTH: RequesterSector.HEALTH,
    ConsentDirection.HEALTH_TO_SOCIAL: RequesterSector.SOCIAL,
    ConsentDirection.TO_PARTNER: RequesterSector.PARTNER,
}
"""Who may receive in each direction."""

SOURCE = {
    ConsentDirection.SOCIAL_TO_HEALTH: Sector.SOCIAL,
    ConsentDirection.HEALTH_TO_SOCIAL: Sector.HEALTH,
}
"""Whose register the data lie in; what a partner is told is of no one register."""
