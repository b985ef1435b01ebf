"""What an act in the log was, and who did it, as a reader groups them; pure.

The log keeps the codes of the services' audit logs. What is said here is read out of them, so
that better words later hold for old rows too.
"""

from enum import StrEnum


class Act(StrEnum):
    """What was done with the client's data."""

    READ = "read"
    SENT = "sent"
    DECIDED = "decided"
    CHANGED = "changed"
    ERASED = "erased"


class Kind(StrEnum):
    """Who acted, as far as the log can tell. It knows ids; names are known where these are kept."""

    WORKER = "worker"
    PARTNER = "partner"
    RECORD_SYSTEM = "record_system"
    ORGANISATION = "organisation"
    SYSTEM = "system"
    OTHER = "other"


_ACTS = {
    Act.READ: frozenset({"read", "list", "look", "review", "search", "export"}),
    Act.SENT: frozenset({"notify", "announce"}),
    Act.DECIDED: frozenset({"made"}),
    Act.ERASED: frozenset({"erase", "delete"}),
}
_ACT_OF = {verb: act for act, verbs in _ACTS.items() for verb in verbs}
_RECORDS = frozenset({"social", "health"})
_OWN = "nopsa-"
_SENDER = "webhook-sender"


def act_of(action: str) -> Act:
    """What kind of act an action (`<thing>.<verb>`) is; what is not known to be another is a
    change."""
    return _ACT_OF.get(action.rpartition(".")[2], Act.CHANGED)


def kind_of(*, service: str, action: str, actor: str, org: str | None, worker: str | None) -> Kind:
    """Who acted. The product's own processes act in its name; a worker is named by the token; in
    the referral service it is partners who speak for an organisation and handle referrals."""
    if actor == _SENDER or actor.startswith(_OWN):
        return Kind.SYSTEM
    if worker is not None:
        return Kind.WORKER
    if org is None:
        return Kind.OTHER
    if org in _RECORDS:
        return Kind.RECORD_SYSTEM
    if service == "referral" and action.startswith("referral."):
        return Kind.PARTNER
    return Kind.ORGANISATION
