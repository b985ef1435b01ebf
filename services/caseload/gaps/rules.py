"""The life of a service gap; pure.

A worker reports it, somebody takes it up by telling more of it, and it ends mended or given up.
What is resolved stays so: the same gap met again is reported again, and counted again.
"""

from enum import StrEnum

from shared.contracts.codes import GapStatus

S = GapStatus


class Action(StrEnum):
    """What can be done about a gap."""

    UPDATE = "update"
    RESOLVE = "resolve"


_TRANSITIONS: dict[tuple[GapStatus, Action], GapStatus] = {
    (S.REPORTED, Action.UPDATE): S.ACKNOWLEDGED,
    (S.ACKNOWLEDGED, Action.UPDATE): S.ACKNOWLEDGED,
    (S.REPORTED, Action.RESOLVE): S.RESOLVED,
    (S.ACKNOWLEDGED, Action.RESOLVE): S.RESOLVED,
}


def after(status: GapStatus, action: Action) -> GapStatus | None:
    """Where an action leads from a status; None when the status does not allow it."""
    return _TRANSITIONS.get((status, action))
