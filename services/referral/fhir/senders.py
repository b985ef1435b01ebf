"""Who asked, as the person whom the team calls back."""

from datetime import date
from typing import Any

from fhir.resources.R4B.organization import Organization
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.practitioner import Practitioner
from fhir.resources.R4B.practitionerrole import PractitionerRole
from fhir.resources.R4B.reference import Reference
from fhir.resources.R4B.task import Task

from services.referral.fhir.draft import Draft
from services.referral.fhir.findings import Findings
from services.referral.fhir.orders import Found, Order
from services.referral.fhir.persons import NAME_USES, current, name_of, write_telecom

UNDER = "/contact_person"


def write_contact_person(
    order: Order,
    patient: Found[Patient] | None,
    draft: Draft,
    findings: Findings,
    today: date,
) -> list[str]:
    """Writes `/contact_person` from the requester of the request, or else of the task. Returns
    remarks with further ways to reach them."""
    reference, at = _requester(order)
    draft.came_from(UNDER, at)
    asked = _chain(order, reference)
    name = next(filter(None, (_name(found, today) for found in asked)), None)
    name = name or (reference.display if reference else None)
    if not name:
        findings.add(at, "required", "who asks: send Practitioner or Organization, or a display")
    draft.put(f"{UNDER}/name", name, at)
    remarks: list[str] = []
    for found in asked:
        if not draft.has(f"{UNDER}/phone") and not draft.has(f"{UNDER}/email"):
            remarks += _telecom(found, draft, today)
    return remarks


def _requester(order: Order) -> tuple[Reference | None, str]:
    at = f"{order.request.at}.requester"
    if order.request.resource.requester is not None:
        return order.request.resource.requester, at
    for task in order.of(Task):
        if task.resource.requester is not None:
            return task.resource.requester, f"{task.at}.requester"
    return None, at


def _chain(order: Order, reference: Reference | None) -> list[Found[Any]]:
    """The one referred to; of a role also its person and its organisation."""
    found = order.resolve(reference)
    if found is None or not isinstance(found.resource, PractitionerRole):
        return [found] if found else []
    role = found.resource
    behind = (order.resolve(role.practitioner), order.resolve(role.organization))
    return [found, *(one for one in behind if one is not None)]


def _name(found: Found[Any], today: date) -> str | None:
    who = found.resource
    if isinstance(who, Organization):
        persons = [contact.name for contact in who.contact or [] if contact.name]
        return next(filter(None, map(name_of, persons)), None) or who.name
    if isinstance(who, Practitioner | Patient):
        names = current(who.name, NAME_USES, today)
        return name_of(names[0]) if names else None
    return None


def _telecom(found: Found[Any], draft: Draft, today: date) -> list[str]:
    who = found.resource
    if isinstance(who, Organization):
        for number, contact in enumerate(who.contact or []):
            if contact.telecom:
                place = f"{found.at}.contact[{number}]"
                return write_telecom(contact.telecom, place, draft, UNDER, today)
    return write_telecom(getattr(who, "telecom", None), found.at, draft, UNDER, today)
