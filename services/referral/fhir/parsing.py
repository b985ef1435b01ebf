"""JSON to an R4 resource: only elements that the tables of `rules` know, well formed, with codes of
the bound lists. The classes are fhir.resources' R4B ones, which read R4 JSON."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.consent import Consent
from fhir.resources.R4B.messageheader import MessageHeader
from fhir.resources.R4B.organization import Organization
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.practitioner import Practitioner
from fhir.resources.R4B.practitionerrole import PractitionerRole
from fhir.resources.R4B.servicerequest import ServiceRequest
from fhir.resources.R4B.task import Task
from pydantic import BaseModel, ValidationError

from services.referral.fhir import rules
from services.referral.fhir.findings import Findings
from shared.redaction import MASK, field_name

CLASSES: dict[str, type[BaseModel]] = {
    "ServiceRequest": ServiceRequest,
    "Patient": Patient,
    "Organization": Organization,
    "Practitioner": Practitioner,
    "PractitionerRole": PractitionerRole,
    "Condition": Condition,
    "Consent": Consent,
    "Task": Task,
    "MessageHeader": MessageHeader,
}
Resource = TypeVar("Resource", bound=BaseModel)

WHAT_IS_WRONG = {
    "extra_forbidden": ("unknown_element", "R4 has no such element here"),
    "missing": ("missing", "R4 requires this element"),
    "model_field_validation.missing": ("missing", "R4 requires this element"),
    "list_type": ("structure", "R4 wants a list here"),
    "string_type": ("structure", "R4 wants a string here"),
    "string_pattern_mismatch": ("structure", "not of the form that R4 gives this type"),
}
NOT_SO = ("structure", "not as R4 defines this element")


def parse(
    kind: type[Resource], name: str, raw: Mapping[str, Any], at: str, findings: Findings
) -> Resource | None:
    """The resource of type `name` at the FHIRPath `at`, or None with findings that say why."""
    kept = prune(name, raw, at, findings)
    if _too_long(kept):
        findings.add(at, "too_long", f"a text here has more than {rules.MAX_TEXT} characters")
        return None
    if _size(kept) > rules.MAX_VALUES_EACH:
        findings.add(at, "too_costly", f"at most {rules.MAX_VALUES_EACH} values a resource")
        return None
    return validated(kind, kept, at, findings)


def prune(name: str, raw: Mapping[str, Any], at: str, findings: Findings) -> dict[str, Any]:
    """The elements that are read. Others are noted as left out, or refused by name."""
    kept = {}
    for element, value in raw.items():
        if element in rules.MAPPED[name]:
            kept[element] = value
        elif element in rules.COMMON or element == "resourceType":
            continue
        elif element.removeprefix("_") in rules.MAPPED[name] | rules.LEFT_OUT[name]:
            findings.leave_out(f"{at}.{element}")
        elif element in ("modifierExtension", "implicitRules"):
            findings.add(f"{at}.{element}", "modifier_unknown", "it may change the meaning of all")
        elif element in _elements(name):
            findings.add(f"{at}.{element}", "not_supported", "this service cannot act on it")
        else:
            findings.add(
                f"{at}.{field_name(element)}", "unknown_element", "R4 has no such element here"
            )
    return kept


def validated(
    kind: type[Resource], raw: Mapping[str, Any], at: str, findings: Findings
) -> Resource | None:
    """The resource when it is well formed R4 with codes of the bound lists that are taken here."""
    nulls = list(_nulls(raw, at))
    for place in nulls:
        findings.add(place, "structure", "R4 has no null here; leave the element out")
    if nulls:
        return None
    try:
        found = kind.model_validate(dict(raw))
    except ValidationError as error:
        for wrong in error.errors(include_input=False, include_url=False, include_context=False):
            code, detail = WHAT_IS_WRONG.get(wrong["type"], NOT_SO)
            findings.add(_expression(at, wrong["loc"]), code, detail)
        return None
    except (LookupError, TypeError, AttributeError, ValueError):
        findings.add(at, *NOT_SO)
        return None
    return found if _codes_are_taken(found, at, findings) else None


def _codes_are_taken(found: BaseModel, at: str, findings: Findings) -> bool:
    fine = True
    for node, path in _walk(found, at):
        for element in node.model_fields_set:
            wrong = _wrong_code(type(node).__name__, element, getattr(node, element))
            if wrong is not None:
                findings.add(f"{path}.{element}", *wrong)
                fine = False
    return fine


def _wrong_code(owner: str, element: str, value: Any) -> tuple[str, str] | None:
    bound = rules.BINDINGS.get((owner, element))
    if bound is None or value is None:
        return None
    if value not in bound:
        return "code_invalid", "not a code of R4's required value set"
    taken, why_not = rules.ACCEPTED.get((owner, element), (bound, ""))
    return None if value in taken else ("business_rule", why_not)


def _walk(node: BaseModel, at: str) -> Iterator[tuple[BaseModel, str]]:
    """The model and every model inside it, each with its FHIRPath."""
    yield node, at
    for field in sorted(node.model_fields_set):
        value = getattr(node, field)
        path = f"{at}.{type(node).model_fields[field].alias or field}"
        if isinstance(value, BaseModel):
            yield from _walk(value, path)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from _walk(item, f"{path}[{number}]")


def _elements(name: str) -> set[str]:
    fields = CLASSES[name].model_fields.items()
    return {field.alias or own for own, field in fields}


def _expression(at: str, location: tuple[int | str, ...]) -> str:
    path = at
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part not in ("root", "resource_type"):
            path += f".{field_name(part)}".removesuffix(f".{MASK}")
    return path


def _nulls(value: Any, at: str) -> Iterator[str]:
    """The FHIRPaths of properties that are null."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            path = f"{at}.{field_name(name)}"
            if inner is None:
                yield path
            yield from _nulls(inner, path)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _nulls(inner, f"{at}[{number}]")


def _too_long(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) > rules.MAX_TEXT
    if isinstance(value, dict):
        return any(map(_too_long, value.values()))
    return isinstance(value, list) and any(map(_too_long, value))


def _size(value: Any) -> int:
    """How many values there are in a value."""
    if not isinstance(value, dict | list):
        return 1
    return 1 + sum(map(_size, value.values() if isinstance(value, dict) else value))
