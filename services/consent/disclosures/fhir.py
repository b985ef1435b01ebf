"""The log as FHIR R4: an AuditEvent for every use, and a Provenance for what changed or told
something (R4 `provenance`: how the thing came to be as it is; a look alone changes nothing).

Made of the view that REST shows, and of nothing else. The person is a pseudonym.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from fhir.resources.R4B.bundle import Bundle

from services.consent.disclosures.acts import Act
from services.consent.disclosures.schemas import DisclosureView

MEDIA_TYPE = "application/fhir+json"
CLIENT_REF = "urn:nopsa:fhir:NamingSystem:client-ref"
CALLER = "urn:nopsa:fhir:NamingSystem:oauth-client"
WORKER = "urn:nopsa:fhir:NamingSystem:worker"
ORGANISATION = "urn:nopsa:fhir:NamingSystem:organisation"
SERVICE = "urn:nopsa:fhir:NamingSystem:service"
SUBJECT = "urn:nopsa:fhir:NamingSystem:{}"
ACTION = "urn:nopsa:fhir:CodeSystem:audit-action"
BASIS = "urn:nopsa:fhir:CodeSystem:disclosure-basis"
DATA_CLASS = "urn:nopsa:fhir:CodeSystem:data-class"

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
PATIENT_RECORD = {"system": DICOM, "code": "110110", "display": "Patient Record"}
EXPORT = {"system": DICOM, "code": "110106", "display": "Export"}
ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
OBJECT_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
DATA_OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
SUCCESS = "0"

ACTIONS = {
    Act.READ: "R",
    Act.SENT: "R",
    Act.DECIDED: "E",
    Act.CHANGED: "U",
    Act.ERASED: "D",
}
"""HL7's AuditEventAction (required binding): sending reads, deciding executes."""
OPERATIONS = {
    Act.SENT: "READ",
    Act.DECIDED: "EXECUTE",
    Act.CHANGED: "UPDATE",
    Act.ERASED: "DELETE",
}
"""What has a provenance, and the activity it names."""
REASONS = {"care": "TREAT", "coordination": "CAREMGT", "administration": "HOPERAT"}


def bundle(base: str, views: Sequence[DisclosureView], following: str | None) -> str:
    """A searchset of a page of the log, as JSON that has passed the library's model of it."""
    entries = [entry for view in views for entry in _entries(view)]
    links = [{"relation": "self", "url": base}]
    if following is not None:
        links.append({"relation": "next", "url": following})
    resource: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "link": links}
    if entries:
        resource["entry"] = entries
    text: str = Bundle.model_validate(resource).model_dump_json()
    return text


def _entries(view: DisclosureView) -> list[dict[str, Any]]:
    event = {
        "fullUrl": f"urn:uuid:{view.id}",
        "resource": audit_event(view),
        "search": {"mode": "match"},
    }
    if view.what.act not in OPERATIONS:
        return [event]
    made = provenance(view)
    told = {
        "fullUrl": f"urn:uuid:{made['id']}",
        "resource": made,
        "search": {"mode": "include"},
    }
    return [event, told]


def audit_event(view: DisclosureView) -> dict[str, Any]:
    """Who did what with which of the client's data."""
    act = view.what.act
    return {
        "resourceType": "AuditEvent",
        "id": str(view.id),
        "type": EXPORT if act == Act.SENT else PATIENT_RECORD,
        "subtype": [{"system": ACTION, "code": view.what.action}],
        "action": ACTIONS[act],
        "recorded": view.at.isoformat(),
        "outcome": SUCCESS,
        **_reasons(view, "purposeOfEvent"),
        "agent": _agents(view),
        "source": {"observer": _logical("Device", SERVICE, view.service)},
        "entity": _entities(view),
    }


def provenance(view: DisclosureView) -> dict[str, Any]:
    """How what was changed or told came to be so."""
    return {
        "resourceType": "Provenance",
        "id": str(uuid5(view.id, "provenance")),
        "target": [_subject(view) or _patient(view)],
        "occurredDateTime": view.at.isoformat(),
        "recorded": view.at.isoformat(),
        **_reasons(view, "reason"),
        "activity": {
            "coding": [{"system": DATA_OPERATION, "code": OPERATIONS[view.what.act]}],
            "text": view.text,
        },
        "agent": [
            {
                "type": {"coding": [{"system": PARTICIPANT, "code": "performer"}]},
                "who": _actor(view),
                **_on_behalf_of(view),
            }
        ],
        "entity": [
            {
                "role": "source",
                "what": _logical("AuditEvent", "urn:ietf:rfc:3986", f"urn:uuid:{view.id}"),
            }
        ],
    }


def _agents(view: DisclosureView) -> list[dict[str, Any]]:
    """Who acted, for whom; and who was told."""
    agents: list[dict[str, Any]] = [
        {"who": _actor(view), "altId": view.who.client_id, "requestor": True}
    ]
    for organisation in (view.who.organisation, view.receiver):
        if organisation is not None and (view.who.worker or organisation == view.receiver):
            who = _logical("Organization", ORGANISATION, organisation)
            agents.append({"who": who, "requestor": False})
    return agents


def _actor(view: DisclosureView) -> dict[str, Any]:
    if view.who.worker is not None:
        return _logical("Practitioner", WORKER, view.who.worker)
    if view.who.organisation is not None:
        return _logical("Organization", ORGANISATION, view.who.organisation)
    return _logical("Device", CALLER, view.who.client_id)


def _on_behalf_of(view: DisclosureView) -> dict[str, Any]:
    if view.who.worker is None or view.who.organisation is None:
        return {}
    return {"onBehalfOf": _logical("Organization", ORGANISATION, view.who.organisation)}


def _entities(view: DisclosureView) -> list[dict[str, Any]]:
    """The person, and what of theirs it was about."""
    person = {
        "what": _patient(view),
        "type": {"system": ENTITY_TYPE, "code": "1", "display": "Person"},
        "role": {"system": OBJECT_ROLE, "code": "1", "display": "Patient"},
        "description": view.text,
    }
    subject = _subject(view)
    if subject is None:
        return [person]
    return [
        person,
        {
            "what": subject,
            "type": {"system": ENTITY_TYPE, "code": "2", "display": "System Object"},
            "role": {"system": OBJECT_ROLE, "code": "4", "display": "Domain Resource"},
            "detail": [{"type": DATA_CLASS, "valueString": view.what.data_class.value}],
        },
    ]


def _subject(view: DisclosureView) -> dict[str, Any] | None:
    if view.what.subject_id is None or view.what.subject_type == "client":
        return None
    system = SUBJECT.format(view.what.subject_type.replace("_", "-"))
    return {"identifier": {"system": system, "value": str(view.what.subject_id)}}


def _patient(view: DisclosureView) -> dict[str, Any]:
    return _logical("Patient", CLIENT_REF, str(view.client_ref))


def _logical(kind: str, system: str, value: str | UUID) -> dict[str, Any]:
    return {"type": kind, "identifier": {"system": system, "value": str(value)}}


def _reasons(view: DisclosureView, element: str) -> dict[str, Any]:
    """The purpose, in HL7's code where there is one, and the basis in ours."""
    found: list[dict[str, Any]] = []
    if view.why.purpose is not None:
        code = REASONS.get(view.why.purpose)
        coding = {"coding": [{"system": ACT_REASON, "code": code}]} if code else {}
        found.append({**coding, "text": view.why.purpose_text or view.why.purpose})
    if view.why.basis is not None:
        coding = {"coding": [{"system": BASIS, "code": view.why.basis}]}
        found.append({**coding, "text": view.why.basis_text or view.why.basis})
    return {element: found} if found else {}
