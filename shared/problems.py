"""Every error the house answers with, as one catalogue (RFC 9457 problem details).

`code` is stable and is the last part of `type`, where a person can read what to do. A detail says
what the caller can change; it never holds what the caller sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One kind of problem."""

    code: str
    status: int
    title: str
    advice: str


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field; `pointer` is a JSON Pointer into the request."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """Raise it anywhere below an endpoint; the caller gets it as `application/problem+json`."""

    def __init__(
        self,
        kind: Kind,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind.code)
        self.kind = kind
        self.detail = detail or kind.advice
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


CATALOGUE: dict[str, Kind] = {}


def _kind(code: str, status: int, title: str, advice: str) -> Kind:
    kind = Kind(code, status, title, advice)
    CATALOGUE[code] = kind
    return kind


MALFORMED_JSON = _kind(
    "malformed_json", 400, "The body is not JSON", "Send a JSON document in UTF-8."
)
INVALID_RESOURCE = _kind(
    "invalid_resource",
    400,
    "The body is not a valid FHIR R4 resource",
    "Mend what the issues point to and send it again; nothing was stored.",
)
BODY_TOO_DEEP = _kind(
    "body_too_deep",
    400,
    "The JSON is nested too deeply",
    "Send at most 32 levels of objects and arrays.",
)
UPLOAD_INCOMPLETE = _kind(
    "upload_incomplete",
    400,
    "The body ended before it was whole",
    "Send the same file again; nothing of it was kept.",
)
IDEMPOTENCY_KEY_MISSING = _kind(
    "idempotency_key_missing",
    400,
    "An Idempotency-Key is needed",
    "Send a header Idempotency-Key of 1-200 characters, new for each new request and the same "
    "when you repeat one.",
)
PURPOSE_OF_USE_MISSING = _kind(
    "purpose_of_use_missing",
    400,
    "A purpose of use is needed",
    "Send a header Purpose-Of-Use: care, coordination or administration. It is logged.",
)
INVALID_CURSOR = _kind(
    "invalid_cursor",
    400,
    "The cursor is not one of ours",
    "Use `next` of the page before as it came, or leave `cursor` out to begin anew.",
)
UNAUTHENTICATED = _kind(
    "unauthenticated",
    401,
    "A valid access token is needed",
    "Get a token from the issuer and send it as Authorization: Bearer <token>.",
)
INSUFFICIENT_SCOPE = _kind(
    "insufficient_scope",
    403,
    "The token lacks a scope",
    "Ask the operator for the scope that this call names.",
)
NOT_A_WORKER = _kind(
    "not_a_worker",
    403,
    "The token names no worker",
    "Use the token of a worker (its claim `worker` is their id), or name a worker of your team.",
)
NOT_A_PARTNER = _kind(
    "not_a_partner",
    403,
    "The token belongs to no registered partner",
    "Ask the operator to register your organisation: its id must be in the token's `org`, and your "
    "client among its `client_ids` if it names any.",
)
PARTNER_SUSPENDED = _kind(
    "partner_suspended",
    403,
    "The partner is suspended",
    "Call the county's guidance unit; a person in need is helped by telephone meanwhile.",
)
NOT_A_RECORD_SYSTEM = _kind(
    "not_a_record_system",
    403,
    "The token is not that record system's",
    "Use the token of the record system itself: its `org` is `social` or `health`.",
)
NOT_THE_REQUESTER = _kind(
    "not_the_requester",
    403,
    "The token may ask for its own organisation only",
    "Name your own organisation (the token's `org`) as requester, or ask with the scope "
    "consents:write.",
)
NOT_FOUND = _kind(
    "not_found", 404, "Nothing here that you may see", "Check the address and the id."
)
METHOD_NOT_ALLOWED = _kind(
    "method_not_allowed",
    405,
    "This address does not take that method",
    "See the header Allow.",
)
NOT_ACCEPTABLE = _kind(
    "not_acceptable",
    406,
    "No answer in a media type you accept",
    "Leave the header Accept out, or accept one of the media types the documentation names.",
)
CONFLICT = _kind(
    "conflict",
    409,
    "It does not fit the present state",
    "Read the resource again and decide anew.",
)
IDEMPOTENCY_IN_PROGRESS = _kind(
    "idempotency_in_progress",
    409,
    "The first request with this key is still running",
    "Wait a moment and send the same request again.",
)
EXTERNAL_ID_CONFLICT = _kind(
    "external_id_conflict",
    409,
    "This external_id was used for another referral",
    "Send the first referral's body again, or give the new one an external_id of its own.",
)
WORKER_UNAVAILABLE = _kind(
    "worker_unavailable",
    409,
    "A worker cannot take the case now",
    "Choose somebody with room who is not absent, or let a lead decide with `override`.",
)
ILLEGAL_TRANSITION = _kind(
    "illegal_transition",
    409,
    "The state does not allow this action",
    "Read the resource again; the detail names the state and the action.",
)
CONSENT_OVERLAPS = _kind(
    "consent_overlaps",
    409,
    "The client has given the same consent for a part of that time",
    "Take the consent that is there back first, or give a period that does not meet its own.",
)
TOO_MANY_OPEN_GOALS = _kind(
    "too_many_open_goals",
    409,
    "The client has as many goals as fit at a time",
    "Goals are small and follow one another: attain or drop one, then set the next.",
)
RETURN_WINDOW_OVER = _kind(
    "return_window_over",
    409,
    "Too long ago to simply come back",
    "Send a new referral for the client; POST /v1/referrals of the referral service takes it.",
)
RECEIPT_CONFLICT = _kind(
    "receipt_conflict",
    409,
    "Your record has confirmed this text under another id",
    "Find out which of the two holds; the document shows `conflict` until somebody writes it anew.",
)
BODY_TOO_SLOW = _kind(
    "body_too_slow",
    408,
    "The body did not come in time",
    "Send it again, without long pauses; nothing of it was kept.",
)
PRECONDITION_FAILED = _kind(
    "precondition_failed",
    412,
    "It has changed since you read it",
    "Read it again and repeat the change with the new ETag in If-Match.",
)
BODY_TOO_LARGE = _kind(
    "body_too_large",
    413,
    "The body is too large",
    "Send at most 256 kB at a time, 5 MB in bulk and FHIR bundles.",
)
UNSUPPORTED_MEDIA_TYPE = _kind(
    "unsupported_media_type",
    415,
    "This media type is not taken here",
    "Send Content-Type: application/json.",
)
VALIDATION_FAILED = _kind(
    "validation_failed",
    422,
    "Some fields are not as they must be",
    "Mend the fields that `errors` points to and send it again; nothing was stored.",
)
IDENTIFYING_VALUE = _kind(
    "identifying_value",
    422,
    "The text tells who somebody is",
    "Take identity codes, phone numbers and e-mail addresses out of the text that `errors` points "
    "to, and names too; nothing was stored.",
)
IDEMPOTENCY_KEY_REUSED = _kind(
    "idempotency_key_reused",
    422,
    "This Idempotency-Key was used for another request",
    "Use a new key for a new request.",
)
PRECONDITION_REQUIRED = _kind(
    "precondition_required",
    428,
    "A change needs If-Match",
    "Read the resource and send its ETag in If-Match, so that nobody's change is overwritten.",
)
RATE_LIMITED = _kind(
    "rate_limited", 429, "Too many requests", "Wait as long as Retry-After says, then go on."
)
INTERNAL_ERROR = _kind(
    "internal_error",
    500,
    "Something failed on our side",
    "Send the same request again with the same Idempotency-Key; tell the operator the trace_id "
    "if it stays.",
)
UNAVAILABLE = _kind(
    "service_unavailable",
    503,
    "The service cannot answer just now",
    "Send the same request again after Retry-After seconds, with the same Idempotency-Key.",
)


def document(
    problem: Problem, *, instance: str | None = None, trace_id: str | None = None
) -> dict[str, Any]:
    """The problem as its JSON document."""
    body: dict[str, Any] = {
        "type": f"/problems/{problem.kind.code}",
        "title": problem.kind.title,
        "status": problem.kind.status,
        "detail": problem.detail,
        "instance": instance,
        "code": problem.kind.code,
        "trace_id": trace_id,
    }
    if problem.errors:
        body["errors"] = [vars(error) for error in problem.errors]
    return body
