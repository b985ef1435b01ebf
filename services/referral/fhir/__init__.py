"""FHIR R4: the same referrals, sent and followed as ServiceRequest and Task."""
