"""Bytes to an R4 Consent: well formed, with codes of the bound lists, and only elements that the
tables of `rules` know. The class is fhir.resources' R4B one, which reads R4 JSON."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from fhir.resources.R4B.consent import Consent
from pydantic import ValidationError

from services.consent.fhir import rules
from shared.problems import (
    INVALID_RESOURCE,
    MALFORMED_JSON,
    VALIDATION_FAILED,
    FieldError,
    Problem,
)
from shared.redaction import field_name

STRUCTURAL = frozenset({"structure", "unknown_element", "missing", "code_invalid"})
"""Not R4: a 400. Everything else is R4 that this house cannot take: a 422."""


def refuse(at: str, code: str, detail: str) -> Problem:
    """The problem of one finding; texts are ours, never what was sent."""
    kind = INVALID_RESOURCE if code in STRUCTURAL else VALIDATION_FAILED
    return Problem(kind, errors=[FieldError(at, code, detail)])


def parse(body: bytes) -> dict[str, Any]:
    """The resource, its elements as JSON. Raises `malformed_json`, `invalid_resource` or
    `validation_failed` with a FHIRPath."""
    try:
        raw = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Problem(MALFORMED_JSON) from None
    if not isinstance(raw, dict) or raw.get("resourceType") != "Consent":
        raise refuse("Consent", "structure", "send one resource of type Consent")
    kept = {name: value for name, value in raw.items() if name not in rules.LEFT_OUT}
    _only(kept, rules.MAPPED, "Consent")
    _well_formed(kept)
    _check_provision(kept.get("provision"))
    status = kept.get("status")
    if status not in rules.STATUS:
        raise refuse("Consent.status", "code_invalid", "not a code of R4's required value set")
    return kept


def _well_formed(kept: Mapping[str, Any]) -> None:
    if _has_null(kept):
        raise refuse("Consent", "structure", "R4 has no null; leave the element out")
    try:
        Consent.model_validate({"resourceType": "Consent", **kept})
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        errors = [FieldError(_path(wrong["loc"]), "structure", NOT_SO) for wrong in found[:50]]
        raise Problem(INVALID_RESOURCE, errors=errors) from None
    except (LookupError, TypeError, AttributeError, ValueError):
        raise refuse("Consent", "structure", NOT_SO) from None


NOT_SO = "not as R4 defines this element"


def _check_provision(provision: Any) -> None:
    if provision is None:
        raise refuse("Consent.provision", "required", "says what is permitted or denied")
    at = "Consent.provision"
    _only(provision, rules.ROOT_PROVISION, at)
    _check_type(provision, at)
    for number, nested in enumerate(provision.get("provision", [])):
        _only(nested, rules.NESTED_PROVISION, f"{at}.provision[{number}]")
        _check_type(nested, f"{at}.provision[{number}]")


def _check_type(provision: Mapping[str, Any], at: str) -> None:
    if "type" not in provision:
        raise refuse(f"{at}.type", "required", "permit or deny")
    if provision["type"] not in rules.PROVISION_TYPE:
        raise refuse(f"{at}.type", "code_invalid", "not a code of R4's required value set")


def _only(raw: Mapping[str, Any], known: Collection[str], at: str) -> None:
    for element in raw:
        if element in known:
            continue
        if element.lstrip("_") in Consent.model_fields or element in _R4_ELEMENTS:
            raise refuse(f"{at}.{element}", "not_supported", "this service cannot act on it")
        raise refuse(
            f"{at}.{field_name(element)}", "unknown_element", "R4 has no such element here"
        )


_R4_ELEMENTS = frozenset(
    {
        "modifierExtension", "implicitRules", "action", "securityLabel", "purpose", "code",
        "dataPeriod", "data", "id", "provision", "sourceAttachment", "sourceReference",
    }
)  # fmt: skip
"""Of R4 and not taken: conditions that a decision could not keep, and attachments."""


def _path(location: tuple[int | str, ...]) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{field_name(part)}" for part in location]
    return "Consent" + "".join(parts)


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_null(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_null(item) for item in value)
    return value is None


def _no_constant(_: str) -> Any:
    raise ValueError("NaN and Infinity are not JSON")
