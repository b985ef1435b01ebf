"""A referral as each kind of partner would send it, for the documentation; the tests send them.

Every person is made up; identity codes are of the 900-series, which a test environment takes.
"""

from typing import Any

from fastapi.openapi.models import Example


def _client(**known: Any) -> dict[str, Any]:
    return {"language": "fi", "municipality": "398", "non_disclosure_order": False} | known


LANDLORD: dict[str, Any] = {
    "external_id": "lease-2031-4",
    "urgency": "urgent",
    "lawful_basis": "private_notifier",
    "client": _client(given_name="Aino", family_name="Esimerkki", phone="+358401234567"),
    "housing": {
        "status": "at_risk",
        "arrears_eur": "2150.00",
        "eviction_stage": "court",
        "eviction_on": "2027-01-15",
    },
    "reasons": ["rent_arrears", "housing_loss_risk"],
    "narrative": "Rent unpaid for three months; nobody opens the door.",
    "contact_person": {"name": "Housing advisor", "email": "advisor@example.fi"},
}

PRISON: dict[str, Any] = {
    "external_id": "release-88",
    "urgency": "urgent",
    "lawful_basis": "consent",
    "client": _client(identity_code="010190-900P"),
    "housing": {"status": "released_without_housing"},
    "reasons": ["release", "homelessness"],
    "leaves_institution_on": "2026-12-15",
    "contact_person": {"name": "Senior officer", "phone": "+358501234567"},
}

HOSPITAL_WARD: dict[str, Any] = {
    "urgency": "immediate",
    "lawful_basis": "consent",
    "client": _client(identity_code="150385-9013", language="sv"),
    "housing": {"status": "hostel"},
    "reasons": ["discharge", "mental_health", "homelessness"],
    "leaves_institution_on": "2026-12-01",
    "contact_person": {"name": "Ward nurse", "phone": "+358501234568"},
}

ADULT_SOCIAL_WORK: dict[str, Any] = {
    "urgency": "routine",
    "lawful_basis": "duty_to_notify",
    "no_consent_reason": "The person could not be reached to be asked.",
    "client": _client(whereabouts="Stairwell of Harjukatu 1, in the evenings"),
    "housing": {"status": "outdoors", "since": "2026-10-01"},
    "reasons": ["homelessness", "isolation"],
    "contact_person": {"name": "Social worker on duty", "phone": "+358501234569"},
}

SELF: dict[str, Any] = {
    "urgency": "routine",
    "lawful_basis": "self",
    "client": _client(phone="+358401234568", language="en"),
    "reasons": ["debt", "daily_living"],
    "narrative": "I am afraid of losing my flat.",
    "contact_person": {"name": "Myself"},
}

BY_KIND = {
    "landlord": LANDLORD,
    "prison": PRISON,
    "hospital_ward": HOSPITAL_WARD,
    "adult_social_work": ADULT_SOCIAL_WORK,
    "self": SELF,
}

OPENAPI_EXAMPLES: dict[str, Example] = {
    kind: Example(summary=f"As a partner of kind {kind} sends it", value=body)
    for kind, body in BY_KIND.items()
}
