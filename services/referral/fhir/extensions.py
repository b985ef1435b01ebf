"""What REST has a field for and R4 has none: extensions of ServiceRequest under our own URNs."""

from typing import Any

from fhir.resources.R4B.extension import Extension
from fhir.resources.R4B.servicerequest import ServiceRequest

from services.referral.fhir import systems
from services.referral.fhir.draft import Draft
from services.referral.fhir.findings import Findings
from services.referral.fhir.orders import Found

FIELDS = {
    systems.LAWFUL_BASIS: ("/lawful_basis", "valueCode"),
    systems.NO_CONSENT_REASON: ("/no_consent_reason", "valueString"),
    systems.LEAVES_INSTITUTION_ON: ("/leaves_institution_on", "valueDate"),
}
HOUSING_FIELDS = {
    "status": ("/housing/status", "valueCode"),
    "since": ("/housing/since", "valueDate"),
    "arrears-eur": ("/housing/arrears_eur", "valueDecimal"),
    "eviction-stage": ("/housing/eviction_stage", "valueCode"),
    "eviction-on": ("/housing/eviction_on", "valueDate"),
}


def write(request: Found[ServiceRequest], draft: Draft, findings: Findings) -> None:
    """Writes the fields that the request's extensions carry."""
    for number, extension in enumerate(request.resource.extension or []):
        at = f"{request.at}.extension[{number}]"
        if extension.url == systems.HOUSING:
            draft.came_from("/housing", at)
            for inner, part in enumerate(extension.extension or []):
                _put(part, HOUSING_FIELDS, f"{at}.extension[{inner}]", draft, findings)
        else:
            _put(extension, FIELDS, at, draft, findings)


def _put(
    extension: Extension,
    fields: dict[str, tuple[str, str]],
    at: str,
    draft: Draft,
    findings: Findings,
) -> None:
    if extension.url not in fields:
        findings.add(at, "extension_unknown", "nothing is done with this")
        return
    pointer, element = fields[extension.url]
    value: Any = getattr(extension, element)
    if value is None:
        findings.add(f"{at}.value", "value", f"this extension has a {element}")
    elif draft.has(pointer):
        findings.add(at, "ambiguous", "this extension comes once")
    else:
        draft.put(pointer, str(value), f"{at}.value")
