"""OpenAPI of the FHIR addresses, with an example that the tests send.

The resources themselves are defined by HL7; what of them is taken is in README.md.
"""

from typing import Any

from services.consent.fhir import rules, systems
from shared.web.outcomes import MEDIA_TYPE

_CLIENT = {
    "type": "Patient",
    "identifier": {"system": systems.CLIENT_REF, "value": "01a203aa-0000-7000-8000-000000000002"},
}
EXAMPLE: dict[str, Any] = {
    "resourceType": "Consent",
    "extension": [
        {"url": systems.FORM, "valueCode": "paper_signed"},
        {
            "url": systems.RECORDED_BY,
            "valueIdentifier": {
                "system": systems.WORKER,
                "value": "01980000-0000-7000-8000-000000000301",
            },
        },
    ],
    "status": "active",
    "scope": {"coding": [{"system": systems.CONSENT_SCOPE, "code": "patient-privacy"}]},
    "category": [{"coding": [{"system": systems.DIRECTION, "code": "social_to_health"}]}],
    "patient": _CLIENT,
    "performer": [_CLIENT],
    "policyRule": {"coding": [{"system": systems.ACT_CODE, "code": systems.OPT_IN}]},
    "provision": {
        "type": "deny",
        "provision": [
            {
                "type": "permit",
                "actor": [
                    {
                        "role": {
                            "coding": [{"system": systems.PARTICIPATION, "code": systems.RECIPIENT}]
                        },
                        "reference": {
                            "identifier": {
                                "system": systems.URI,
                                "value": "urn:oid:1.2.246.10.99901019.10.1",
                            }
                        },
                    }
                ],
                "class": [{"system": systems.DATA_CLASS, "code": "joint_plan"}],
            }
        ],
    },
}

_OUTCOME: dict[str, Any] = {
    "type": "object",
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"const": "OperationOutcome"},
        "issue": {"type": "array", "minItems": 1, "items": {"type": "object"}},
    },
}
_TAKEN: dict[str, Any] = {
    "type": "object",
    "required": ["resourceType", "status", "scope", "category", "patient", "provision"],
    "properties": {
        **{name: {} for name in sorted(rules.MAPPED | rules.LEFT_OUT)},
        "resourceType": {"const": "Consent"},
        "status": {"const": "active"},
        "scope": {"type": "object"},
        "category": {"type": "array", "items": {"type": "object"}, "description": "the direction"},
        "patient": {"type": "object", "description": "the client, by client_ref"},
        "policyRule": {"type": "object", "description": "OPTIN or OPTOUT"},
        "provision": {"type": "object"},
    },
    "additionalProperties": False,
}


def answers(what: str, *, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The responses of an operation: a resource of this type, or else an OperationOutcome."""
    resource: dict[str, Any] = {
        "type": "object",
        "required": ["resourceType"],
        "properties": {"resourceType": {"const": what}},
    }
    return {
        status: {"description": what, "content": {MEDIA_TYPE: {"schema": resource}}},
        "default": {
            "description": "What is wrong",
            "content": {MEDIA_TYPE: {"schema": _OUTCOME}},
        },
    }


def body() -> dict[str, Any]:
    """The request body of a create, in both media types."""
    content = {"schema": _TAKEN, "example": EXAMPLE}
    media_types = (MEDIA_TYPE, "application/json")
    return {"requestBody": {"required": True, "content": dict.fromkeys(media_types, content)}}
