"""What kind of partner may learn what; pure."""

from shared.contracts.codes import AUTHORITY_KINDS, PartnerKind


def is_authority(kind: PartnerKind) -> bool:
    """Whether a partner of this kind is a social, health, prison, probation or police authority
    (domain rule 4: to all others, that someone is a client is itself secret)."""
    return kind in AUTHORITY_KINDS
