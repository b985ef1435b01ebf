"""Who speaks for a partner, and what kind of partner may learn what; pure."""

from collections.abc import Collection

from shared.contracts.codes import AUTHORITY_KINDS, PartnerKind


def is_authority(kind: PartnerKind) -> bool:
    """Whether a partner of this kind is a social, health, prison, probation or police authority
    (domain rule 4: to all others, that someone is a client is itself secret)."""
    return kind in AUTHORITY_KINDS


def may_speak(client_ids: Collection[str], client_id: str) -> bool:
    """Whether an OAuth client may speak for the partner; one that named none takes any."""
    return not client_ids or client_id in client_ids
