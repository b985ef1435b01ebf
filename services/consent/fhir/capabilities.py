"""The CapabilityStatement: what of R4 is here, for machines; README.md says it to people."""

from typing import Any

CONFORMANCE_DATE = "2026-11-22"
OAUTH = "http://terminology.hl7.org/CodeSystem/restful-security-service"

STATEMENT: dict[str, Any] = {
    "resourceType": "CapabilityStatement",
    "status": "active",
    "date": CONFORMANCE_DATE,
    "kind": "instance",
    "software": {"name": "nopsa", "version": "1"},
    "implementation": {"description": "What clients permit and deny, per direction"},
    "fhirVersion": "4.0.1",
    "format": ["application/fhir+json", "json"],
    "rest": [
        {
            "mode": "server",
            "documentation": "Errors are OperationOutcome. One Consent is one direction; "
            "policyRule OPTIN is a consent, OPTOUT a denial.",
            "security": {
                "service": [{"coding": [{"system": OAUTH, "code": "OAuth"}]}],
                "description": "OAuth 2 bearer tokens (RFC 9068), audience nopsa; scopes "
                "consents:write to create, consents:read to read.",
            },
            "resource": [
                {
                    "type": "Consent",
                    "documentation": "Taken back by POST /v1/consents/{id}/revoke, a denial lifted "
                    "by POST /v1/denials/{id}/lift.",
                    "interaction": [{"code": "create"}, {"code": "read"}, {"code": "search-type"}],
                    "versioning": "no-version",
                    "readHistory": False,
                    "updateCreate": False,
                    "conditionalCreate": False,
                    "conditionalRead": "not-supported",
                    "conditionalUpdate": False,
                    "conditionalDelete": "not-supported",
                    "searchParam": [
                        {
                            "name": "patient",
                            "definition": "http://hl7.org/fhir/SearchParameter/clinical-patient",
                            "type": "reference",
                            "documentation": "required: the client_ref, or Patient/{client_ref}",
                        }
                    ],
                }
            ],
        }
    ],
}
