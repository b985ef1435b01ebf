"""The names under which codes and identifiers travel; pure. README.md explains each.

Ours are URNs that stay for good; HL7's are as published.
"""

CLIENT_REF = "urn:nopsa:fhir:NamingSystem:client-ref"
PARTNER = "urn:nopsa:fhir:NamingSystem:partner"
ORGANISATION = "urn:nopsa:fhir:NamingSystem:organisation"
WORKER = "urn:nopsa:fhir:NamingSystem:worker"
DIRECTION = "urn:nopsa:fhir:CodeSystem:consent-direction"
DATA_CLASS = "urn:nopsa:fhir:CodeSystem:data-class"
FORM = "urn:nopsa:fhir:StructureDefinition:consent-form"
RECORDED_BY = "urn:nopsa:fhir:StructureDefinition:recorded-by"

EVERY_DIRECTION = "every_direction"
"""The category of a denial that is of no one direction."""

URI = "urn:ietf:rfc:3986"
OID = "urn:oid:"
CONSENT_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
OPT_IN, OPT_OUT = "OPTIN", "OPTOUT"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
RECIPIENT = "IRCP"
