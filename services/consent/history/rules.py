"""Which acts of the audit log are changes, and what they are called; pure."""

from enum import StrEnum


class Happening(StrEnum):
    """What happened to a consent or a denial."""

    GIVEN = "given"
    REVOKED = "revoked"
    EXPIRED = "expired"
    LIFTED = "lifted"


HAPPENINGS = {
    "consent.give": Happening.GIVEN,
    "consent.revoke": Happening.REVOKED,
    "consent.expire": Happening.EXPIRED,
    "denial.give": Happening.GIVEN,
    "denial.lift": Happening.LIFTED,
}
"""By the action that the audit log names; looks are none."""
