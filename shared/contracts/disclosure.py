"""Events of the disclosure log: who used or was told which class of a client's data, on what basis.

Every service tells `Disclosed` of its own audit rows; the consent service keeps the log, and tells
how far it reaches. Codes and ids only.
"""

from uuid import UUID

from shared.contracts.base import EventData, RowCount, event
from shared.contracts.codes import DisclosedClass
from shared.contracts.topics import DISCLOSURE

_CLASSES: dict[DisclosedClass, tuple[str, ...]] = {
    DisclosedClass.IDENTITY: ("client",),
    DisclosedClass.REFERRAL: ("referral", "referral_content"),
    DisclosedClass.CASE: (
        "case",
        "waitlist",
        "visit",
        "goal",
        "motivation",
        "cadence",
        "housing",
        "segment",
        "assessment",
        "statutory_ground",
        "group_session",
        "service_gap",
    ),
    DisclosedClass.HANDOVER: ("handover",),
    DisclosedClass.PLACEMENT: ("placement",),
    DisclosedClass.SERVICE_PATH: ("service_path",),
    DisclosedClass.CONSENT: ("consent", "denial", "refusal", "decision"),
    DisclosedClass.DOCUMENT: ("document",),
    DisclosedClass.LOG: ("disclosure",),
}
_CLASS_OF = {thing: data_class for data_class, things in _CLASSES.items() for thing in things}


def class_of(action: str) -> DisclosedClass:
    """The class of data that an act is about: the audit log's actions are `<thing>.<verb>`."""
    return _CLASS_OF.get(action.partition(".")[0], DisclosedClass.OTHER)


@event("nopsa.disclosure.disclosed.v1", topic=DISCLOSURE)
class Disclosed(EventData):
    """A client's data were used, changed or told; the aggregate is the disclosure itself.

    `audit_id` is its row in the audit log of `service`. `actor` is the OAuth client that acted, or
    the service itself; `org` is whom it speaks for, or who was told.
    """

    client_ref: UUID
    service: str
    audit_id: RowCount
    actor: str
    org: str | None = None
    worker: str | None = None
    action: str
    subject_type: str
    subject_id: UUID | None = None
    data_class: DisclosedClass
    purpose: str | None = None
    basis: str | None = None
    trace_id: str | None = None


@event("nopsa.disclosure.sealed.v1", topic=DISCLOSURE)
class LogSealed(EventData):
    """The disclosure log has `version` rows, and this is the hash of the last one. Whoever keeps
    it can tell later whether the log still holds these rows."""

    version: RowCount
    head: str
