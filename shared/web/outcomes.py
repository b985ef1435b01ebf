"""A problem in FHIR's shape: under `/fhir` every error is an OperationOutcome (R4 http, 3.1.0.1.5).

The same catalogue and the same restraint as problem+json: `details` names the kind, `diagnostics`
says what to change, `expression` where; nothing the caller sent is echoed.
"""

from typing import Any

from shared.problems import FieldError, Kind, Problem

MEDIA_TYPE = "application/fhir+json"
PROBLEM_SYSTEM = "urn:nopsa:fhir:CodeSystem:problem"
PARAMETERS = ("/query/", "/header/", "/path/")

ISSUE_OF_KIND = {
    "malformed_json": "structure",
    "invalid_resource": "structure",
    "body_too_deep": "too-costly",
    "idempotency_key_missing": "required",
    "purpose_of_use_missing": "required",
    "invalid_cursor": "value",
    "unauthenticated": "login",
    "insufficient_scope": "forbidden",
    "not_a_partner": "forbidden",
    "partner_suspended": "forbidden",
    "not_found": "not-found",
    "method_not_allowed": "not-supported",
    "not_acceptable": "not-supported",
    "conflict": "conflict",
    "idempotency_in_progress": "conflict",
    "external_id_conflict": "duplicate",
    "illegal_transition": "business-rule",
    "precondition_failed": "conflict",
    "body_too_large": "too-long",
    "body_too_slow": "timeout",
    "unsupported_media_type": "not-supported",
    "validation_failed": "invalid",
    "idempotency_key_reused": "duplicate",
    "precondition_required": "required",
    "rate_limited": "throttled",
    "internal_error": "exception",
    "service_unavailable": "transient",
}
"""HL7's IssueType (required binding) of each kind; what is missing here is `processing`."""

ISSUE_OF_FIELD = {
    "structure": "structure",
    "unknown_element": "structure",
    "required": "required",
    "missing": "required",
    "code_invalid": "code-invalid",
    "code_unknown": "code-invalid",
    "enum": "code-invalid",
    "municipality_unknown": "code-invalid",
    "extension_unknown": "extension",
    "modifier_unknown": "extension",
    "not_supported": "not-supported",
    "reference_unresolved": "not-found",
    "too_long": "too-long",
    "string_too_long": "too-long",
    "too_costly": "too-costly",
    "duplicate": "duplicate",
    "ambiguous": "multiple-matches",
    "business_rule": "business-rule",
    "client_unfindable": "required",
    "no_consent_reason_missing": "required",
}
"""HL7's IssueType of the code of one field's error; what is missing here is `value`."""


def speaks_fhir(path: str) -> bool:
    """Whether callers of this path expect FHIR."""
    return f"{path}/".startswith("/fhir/")


def document(problem: Problem, trace_id: str | None) -> dict[str, Any]:
    """The problem as an OperationOutcome; its id is the trace, which an operator can look up."""
    issues = [_field_issue(error) for error in problem.errors]
    return outcome(issues or [_issue(problem.kind, problem.detail)], trace_id)


def outcome(issues: list[dict[str, Any]], trace_id: str | None = None) -> dict[str, Any]:
    """An OperationOutcome of these issues."""
    named = {"id": trace_id} if trace_id else {}
    return {"resourceType": "OperationOutcome", **named, "issue": issues}


def note(text: str, expression: str | None = None) -> dict[str, Any]:
    """An issue that only informs."""
    at = {"expression": [expression]} if expression else {}
    return {"severity": "information", "code": "informational", "diagnostics": text, **at}


def _issue(kind: Kind, detail: str) -> dict[str, Any]:
    return {
        "severity": "error",
        "code": ISSUE_OF_KIND.get(kind.code, "processing"),
        "details": _details(kind.code, kind.title),
        "diagnostics": detail,
    }


def _field_issue(error: FieldError) -> dict[str, Any]:
    return {
        "severity": "error",
        "code": ISSUE_OF_FIELD.get(error.code, "value"),
        "details": _details(error.code, None),
        "diagnostics": error.detail,
        **_place(error.pointer),
    }


def _details(code: str, text: str | None) -> dict[str, Any]:
    told = {"text": text} if text else {}
    return {"coding": [{"system": PROBLEM_SYSTEM, "code": code}], **told}


def _place(pointer: str) -> dict[str, list[str]]:
    """Where: a FHIRPath, or for a parameter or header `http.<name>`, as R4 has it."""
    for prefix in PARAMETERS:
        if pointer.startswith(prefix):
            return {"location": [f"http.{pointer.removeprefix(prefix)}"]}
    return {"expression": [pointer]} if pointer else {}
