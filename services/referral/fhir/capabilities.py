"""The CapabilityStatement: what of R4 is here, for machines; README.md says it to people."""

from typing import Any

from services.referral.fhir.systems import FI_MUNICIPALITY_CODE

CONFORMANCE_DATE = "2026-11-22"
OAUTH = "http://terminology.hl7.org/CodeSystem/restful-security-service"
FI_BASE_PATIENT = "https://hl7.fi/fhir/finnish-base-profiles/StructureDefinition/fi-base-patient"

_REQUEST: dict[str, Any] = {
    "type": "ServiceRequest",
    "documentation": "A referral. Create one with its Patient contained; what is read back is what "
    "the sender may know of it, and the person is masked.",
    "interaction": [{"code": "create"}, {"code": "read"}],
    "versioning": "no-version",
    "readHistory": False,
    "updateCreate": False,
    "conditionalCreate": False,
    "conditionalRead": "not-supported",
    "conditionalUpdate": False,
    "conditionalDelete": "not-supported",
    "referencePolicy": ["local"],
}
_TASK: dict[str, Any] = {
    "type": "Task",
    "documentation": "How a referral goes on: status and businessStatus as the sender may see "
    "them. Every ServiceRequest has one, under the same id.",
    "interaction": [{"code": "read"}, {"code": "search-type"}],
    "versioning": "no-version",
    "searchParam": [
        {
            "name": "focus",
            "definition": "http://hl7.org/fhir/SearchParameter/Task-focus",
            "type": "reference",
            "documentation": "required: ServiceRequest/{id} or {id}",
        }
    ],
}

STATEMENT: dict[str, Any] = {
    "resourceType": "CapabilityStatement",
    "status": "active",
    "date": CONFORMANCE_DATE,
    "kind": "instance",
    "software": {"name": "nopsa", "version": "1"},
    "implementation": {"description": "Referrals to mobile outreach teams"},
    "fhirVersion": "4.0.1",
    "format": ["application/fhir+json", "json"],
    "rest": [
        {
            "mode": "server",
            "documentation": "Errors are OperationOutcome. A create is done once: under its "
            "Idempotency-Key, else under the Bundle's or the request's identifier. Patients are "
            f"read by {FI_BASE_PATIENT}, with {FI_MUNICIPALITY_CODE}.",
            "security": {
                "service": [{"coding": [{"system": OAUTH, "code": "OAuth"}]}],
                "description": "OAuth 2 bearer tokens (RFC 9068), audience nopsa; scopes "
                "referrals:write to create, referrals:read to read.",
            },
            "resource": [_REQUEST, _TASK],
            "interaction": [
                {
                    "code": "transaction",
                    "documentation": "One ServiceRequest with its Patient, and what it refers to: "
                    "Organization, Practitioner, PractitionerRole, Condition, Consent, Task. A "
                    "Bundle of type message is taken at the same address.",
                }
            ],
        }
    ],
}
