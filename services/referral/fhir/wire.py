"""Bytes to a JSON object, and nothing that is costly to look at: the first thing a body passes."""

import json
from typing import Any

from services.referral.fhir import rules
from services.referral.fhir.findings import refuse
from shared.problems import MALFORMED_JSON, Problem

MARKS = (b"{", b"[", b",")


def read(body: bytes) -> dict[str, Any]:
    """The JSON object. Raises `malformed_json`, or `invalid_resource` for what has too many values,
    names a property twice in one object, or is no object. How deep it nests was seen at the door.
    """
    if sum(map(body.count, MARKS)) > rules.MAX_VALUES:
        raise refuse("", "too_costly", f"at most {rules.MAX_VALUES} JSON values are read")
    try:
        value = json.loads(body, object_pairs_hook=_unique, parse_constant=_no_constant)
    except ValueError:
        raise Problem(MALFORMED_JSON) from None
    if not isinstance(value, dict):
        raise refuse("", "structure", "a resource is a JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise refuse("", "structure", "a property is named twice in one object")
    return found


def _no_constant(_: str) -> Any:
    raise ValueError("NaN and Infinity are not JSON")
