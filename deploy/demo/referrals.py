"""What the five senders of the demo send. Every person is made up; codes are of the 900-series."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

SHARED_CODE = "150385-9013"
"""The landlord and the ward refer the same person, and neither learns of the other."""


def referrals(today: date) -> dict[str, dict[str, Any]]:
    """A referral by each kind of sender, by the name of its API client."""
    return {
        "ward": _ward(today),
        "landlord": _landlord(),
        "prison": _prison(today),
        "social-office": _social_office(),
        "self-service": _self_service(),
    }


def _landlord() -> dict[str, Any]:
    return {
        "urgency": "urgent",
        "lawful_basis": "private_notifier",
        "client": _person(identity_code=SHARED_CODE, given_name="Aino"),
        "housing": {"status": "at_risk", "arrears_eur": "2150.00", "eviction_stage": "warning"},
        "reasons": ["rent_arrears", "housing_loss_risk"],
        "narrative": "Rent unpaid for three months, does not open the door.",
        "contact_person": {"name": "Housing advisor", "phone": "+358401234510"},
    }


def _prison(today: date) -> dict[str, Any]:
    return {
        "urgency": "urgent",
        "lawful_basis": "consent",
        "client": _person(identity_code="010190-900P", given_name="Eero"),
        "housing": {"status": "released_without_housing"},
        "reasons": ["release", "homelessness", "substance_use"],
        "leaves_institution_on": (today + timedelta(days=12)).isoformat(),
        "contact_person": {"name": "Senior officer"},
    }


def _ward(today: date) -> dict[str, Any]:
    return {
        "urgency": "immediate",
        "lawful_basis": "consent",
        "client": _person(identity_code=SHARED_CODE, language="sv"),
        "housing": {"status": "hostel"},
        "reasons": ["discharge", "mental_health", "homelessness"],
        "leaves_institution_on": (today + timedelta(days=2)).isoformat(),
        "contact_person": {"name": "Ward nurse"},
    }


def _social_office() -> dict[str, Any]:
    return {
        "urgency": "routine",
        "lawful_basis": "duty_to_notify",
        "no_consent_reason": "The client could not be reached to ask.",
        "client": _person(whereabouts="Sleeps in the stairwell of Harjukatu 1"),
        "housing": {"status": "outdoors"},
        "reasons": ["homelessness", "isolation"],
        "contact_person": {"name": "Social worker on duty"},
    }


def _self_service() -> dict[str, Any]:
    return {
        "urgency": "routine",
        "lawful_basis": "self",
        "client": _person(phone="+358401234505", municipality="781"),
        "reasons": ["debt", "daily_living"],
        "contact_person": {"name": "Myself"},
    }


def _person(**known: Any) -> dict[str, Any]:
    return {"language": "fi", "municipality": "398", "non_disclosure_order": False} | known
