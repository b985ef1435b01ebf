"""The names under which codes, identifiers and extensions travel; pure. README.md explains each.

Ours are URNs that stay for good; HL7's, the Finnish base profiles' and others' are as published.
"""

REASON = "urn:nopsa:fhir:CodeSystem:referral-reason"
SERVICE = "urn:nopsa:fhir:CodeSystem:service"
BUSINESS_STATUS = "urn:nopsa:fhir:CodeSystem:business-status"
MESSAGE_EVENT = "urn:nopsa:fhir:CodeSystem:message-event"

REFERENCE = "urn:nopsa:fhir:NamingSystem:referral-reference"
TEAM = "urn:nopsa:fhir:NamingSystem:team"

LAWFUL_BASIS = "urn:nopsa:fhir:StructureDefinition:lawful-basis"
NO_CONSENT_REASON = "urn:nopsa:fhir:StructureDefinition:no-consent-reason"
LEAVES_INSTITUTION_ON = "urn:nopsa:fhir:StructureDefinition:leaves-institution-on"
HOUSING = "urn:nopsa:fhir:StructureDefinition:housing"

IDENTITY_CODE = "urn:oid:1.2.246.21"
"""Henkilötunnus (Finnish base profiles, FI Base Patient, slice PIC)."""
MUNICIPALITY = "urn:oid:1.2.246.537.6.21"
"""Municipalities, Statistics Finland (kunnat); older samples append the year of the version."""
FI_MUNICIPALITY_CODE = (
    "https://hl7.fi/fhir/finnish-base-profiles/StructureDefinition/municipality-code"
)
FI_SECURITY_LABELS = frozenset(
    {
        "https://hl7.fi/fhir/finnish-base-profiles/CodeSystem/fi-base-security-label-cs",
        "https://hl7.fi/fhir/finnish-base-profiles/CodeSystem/SecurityLabelCS",
    }
)
"""The present name and that of the first drafts; the codes are case-insensitive."""
TURVAKIELTO = "turvakielto"

INTERPRETER_REQUIRED = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
DATA_ABSENT_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
URI = "urn:ietf:rfc:3986"
IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
PLACER = "PLAC"
FILLER = "FILL"
TASK_CODE = "http://hl7.org/fhir/CodeSystem/task-code"
FULFILL = "fulfill"
CONSENT_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
OPT_IN = "OPTIN"

SNOMED = "http://snomed.info/sct"
ICD_10 = frozenset(
    {
        "http://hl7.org/fhir/sid/icd-10",
        "http://hl7.org/fhir/sid/icd-10-cm",
        "urn:oid:1.2.246.537.6.1",
    }
)
"""WHO's, the United States' and the Finnish edition; the blocks used here are the same in all."""
GRAVITY = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
