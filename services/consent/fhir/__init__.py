"""FHIR R4 Consent, in and out, in the shape of Kanta's SoTeConsent. README.md has the mapping."""
