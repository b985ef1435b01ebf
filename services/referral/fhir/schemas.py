"""OpenAPI of the FHIR addresses, with examples that the tests send.

The resources themselves are defined by HL7; what of them is taken is in README.md.
"""

from typing import Any

from services.referral.fhir import rules, systems
from shared.web.outcomes import MEDIA_TYPE

_PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "meta": {
        "security": [
            {
                "system": "https://hl7.fi/fhir/finnish-base-profiles/CodeSystem/"
                "fi-base-security-label-cs",
                "code": "TURVAKIELTO",
            }
        ]
    },
    "extension": [
        {
            "url": systems.FI_MUNICIPALITY_CODE,
            "valueCoding": {"system": systems.MUNICIPALITY, "code": "398", "display": "Lahti"},
        }
    ],
    "name": [{"use": "official", "family": "Esimerkki", "given": ["Eero"]}],
    "telecom": [{"system": "phone", "value": "+358 40 123 4567", "use": "mobile"}],
    "birthDate": "1990-01-01",
    "address": [{"use": "temp", "text": "Rautatieaseman odotustila, aamuisin"}],
    "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "fi"}]}}],
}
_REQUEST: dict[str, Any] = {
    "resourceType": "ServiceRequest",
    "extension": [{"url": systems.LAWFUL_BASIS, "valueCode": "consent"}],
    "identifier": [
        {
            "type": {"coding": [{"system": systems.IDENTIFIER_TYPE, "code": systems.PLACER}]},
            "system": "urn:oid:1.2.246.10.1234567.14.2026",
            "value": "L-2026-118",
        }
    ],
    "status": "active",
    "intent": "order",
    "priority": "urgent",
    "code": {"coding": [{"system": systems.SERVICE, "code": "outreach"}]},
    "requester": {"display": "Sosiaalityöntekijä Siiri Sihteeri"},
    "reasonCode": [{"coding": [{"system": systems.REASON, "code": "homelessness"}]}],
    "note": [{"text": "Yöpyy asemalla. Ottaa vastaan tapaamisen aamupäivällä."}],
}

REQUEST_EXAMPLE: dict[str, Any] = {
    **_REQUEST,
    "contained": [{**_PATIENT, "id": "henkilo"}],
    "subject": {"reference": "#henkilo"},
}
TRANSACTION_EXAMPLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {
            "fullUrl": "urn:uuid:6c0d6b9e-5a0f-4a6e-9a3e-0d6c1b0c7a01",
            "resource": _PATIENT,
            "request": {"method": "POST", "url": "Patient"},
        },
        {
            "fullUrl": "urn:uuid:6c0d6b9e-5a0f-4a6e-9a3e-0d6c1b0c7a02",
            "resource": {
                "resourceType": "Organization",
                "name": "Keskussairaala, osasto 4",
                "telecom": [{"system": "phone", "value": "+358 3 555 1234"}],
            },
            "request": {"method": "POST", "url": "Organization"},
        },
        {
            "fullUrl": "urn:uuid:6c0d6b9e-5a0f-4a6e-9a3e-0d6c1b0c7a03",
            "resource": {
                **_REQUEST,
                "identifier": [{"value": "L-2026-119"}],
                "reasonCode": [
                    {"coding": [{"system": systems.REASON, "code": "discharge"}]},
                    {"coding": [{"system": systems.SNOMED, "code": "32911000"}]},
                ],
                "occurrenceDateTime": "2026-12-01",
                "subject": {"reference": "urn:uuid:6c0d6b9e-5a0f-4a6e-9a3e-0d6c1b0c7a01"},
                "requester": {"reference": "urn:uuid:6c0d6b9e-5a0f-4a6e-9a3e-0d6c1b0c7a02"},
            },
            "request": {"method": "POST", "url": "ServiceRequest"},
        },
    ],
}

_RESOURCE: dict[str, Any] = {
    "type": "object",
    "required": ["resourceType"],
    "properties": {"resourceType": {"type": "string"}},
}
_LIST: dict[str, Any] = {"type": "array", "items": {"type": "object"}}
_KNOWN = rules.MAPPED["ServiceRequest"] | rules.LEFT_OUT["ServiceRequest"] | rules.COMMON
_REQUEST_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["resourceType", "status", "intent", "subject"],
    "properties": {
        **{name: {} for name in sorted(_KNOWN)},
        "resourceType": {"const": "ServiceRequest"},
        "identifier": {**_LIST, "description": "the sender's own: external_id"},
        "status": {"const": "active"},
        "intent": {"enum": sorted(rules.ACCEPTED["ServiceRequest", "intent"][0])},
        "priority": {"enum": sorted(rules.PRIORITY)},
        "subject": {"type": "object", "description": "the Patient, contained or in the Bundle"},
        "contained": _LIST,
        "code": {"type": "object"},
        "requester": {"type": "object", "description": "whom the team calls back"},
        "reasonCode": {**_LIST, "description": "why; or reasonReference to a Condition"},
        "note": {**_LIST, "description": "in words"},
        "extension": {**_LIST, "description": "lawful-basis and others, see README.md"},
    },
    "patternProperties": {"^_": {}},
    "additionalProperties": False,
}
_BUNDLE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["resourceType", "type", "entry"],
    "properties": {
        "resourceType": {"const": "Bundle"},
        "identifier": {"type": "object", "description": "stands for the Idempotency-Key"},
        "type": {"enum": sorted(rules.ACCEPTED["Bundle", "type"][0])},
        "entry": {**_LIST, "minItems": 1, "maxItems": rules.MAX_RESOURCES},
    },
}
_TAKEN = {"ServiceRequest": _REQUEST_SCHEMA, "Bundle": _BUNDLE_SCHEMA}
_OUTCOME: dict[str, Any] = {
    **_RESOURCE,
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"const": "OperationOutcome"},
        "issue": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["severity", "code"],
                "properties": {
                    "severity": {"enum": ["fatal", "error", "warning", "information"]},
                    "code": {"type": "string"},
                    "details": {"type": "object"},
                    "diagnostics": {"type": "string"},
                    "expression": {"type": "array", "items": {"type": "string"}},
                    "location": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}


def answers(what: str, *, status: int = 200, same: bool = False) -> dict[int | str, dict[str, Any]]:
    """The responses of an operation: a resource of this type, or else an OperationOutcome."""
    resource = {**_RESOURCE, "properties": {"resourceType": {"const": what}}}
    given = {MEDIA_TYPE: {"schema": {"anyOf": [resource, _OUTCOME]}}}
    told = {"description": what, "content": given}
    refused = {"description": "What is wrong", "content": {MEDIA_TYPE: {"schema": _OUTCOME}}}
    answered: dict[int | str, dict[str, Any]] = {status: told, "default": refused}
    if same:
        answered[200] = {**told, "description": "It was sent before"}
    return answered


def body(what: str, example: dict[str, Any]) -> dict[str, Any]:
    """The request body of an operation, in both media types."""
    content = {"schema": _TAKEN[what], "example": example}
    media_types = (MEDIA_TYPE, "application/json")
    return {"requestBody": {"required": True, "content": dict.fromkeys(media_types, content)}}
