"""Every error, whoever raised it, becomes problem+json (under `/fhir` an OperationOutcome); nothing
the caller sent is echoed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import Scope

from shared import problems, telemetry
from shared.db import is_transient, refusal_of
from shared.problems import FieldError, Kind, Problem
from shared.redaction import field_name, mask
from shared.web import outcomes
from shared.web.conventions import MISSING_HEADERS, is_json

LOG = structlog.get_logger(__name__)
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "2"

_PARAMETER = re.compile(r"\{[^}]*\}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BY_STATUS: dict[int, Kind] = {
    401: problems.UNAUTHENTICATED,
    404: problems.NOT_FOUND,
    413: problems.BODY_TOO_LARGE,
    415: problems.UNSUPPORTED_MEDIA_TYPE,
    429: problems.RATE_LIMITED,
}


def response(problem: Problem, scope: Scope) -> JSONResponse:
    """The problem as a response to the request of this scope."""
    trace_id = telemetry.trace_id()
    if outcomes.speaks_fhir(scope["path"]):
        told = outcomes.document(problem, trace_id)
        return JSONResponse(
            told, problem.kind.status, headers=problem.headers, media_type=outcomes.MEDIA_TYPE
        )
    body = problems.document(problem, instance=_instance(scope, trace_id), trace_id=trace_id)
    return JSONResponse(body, problem.kind.status, headers=problem.headers, media_type=MEDIA_TYPE)


def of_exception(error: Exception) -> Problem:
    """The problem an unexpected exception is told as; logged without its text, which may quote
    what a caller sent."""
    if isinstance(error, Problem):
        return error
    if is_transient(error):
        LOG.warning("dependency_unavailable", error=type(error).__name__)
        return Problem(problems.UNAVAILABLE, headers={"Retry-After": RETRY_AFTER_SECONDS})
    LOG.error(
        "unexpected_error", error=type(error).__name__, where=_frames(error), **refusal_of(error)
    )
    return Problem(problems.INTERNAL_ERROR)


def install(app: FastAPI) -> None:
    """Registers the handlers."""

    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        return response(of_exception(error), request.scope)

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        return response(_of_http(request, cast(HTTPException, error)), request.scope)

    async def on_validation(request: Request, error: Exception) -> JSONResponse:
        return response(_of_validation(request, cast(RequestValidationError, error)), request.scope)

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)


def field_errors(found: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """Pydantic's errors as ours: where and what, without what was sent."""
    return [_field_error(error) for error in found]


def _of_http(request: Request, error: HTTPException) -> Problem:
    if isinstance(error.__cause__, Problem):  # raised while FastAPI read the body
        return error.__cause__
    if error.status_code == 405:
        allowed = _methods_of(request) or (error.headers or {}).get("Allow", "")
        return Problem(problems.METHOD_NOT_ALLOWED, headers={"Allow": allowed})
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        kind = problems.MALFORMED_JSON if error.status_code == 400 else problems.INTERNAL_ERROR
    return Problem(kind, headers=error.headers)


def _methods_of(request: Request) -> str:
    """Every method of the path; the framework names only those of the first route it finds."""
    shape = _shape(request.scope["route"].path)
    paths = request.app.openapi()["paths"].items()
    methods = {name.upper() for path, item in paths for name in item if _shape(path) == shape}
    return ", ".join(sorted(methods))


def _shape(template: str) -> str:
    return _PARAMETER.sub("{}", template)


def _of_validation(request: Request, error: RequestValidationError) -> Problem:
    found = error.errors()
    whole_body = [e for e in found if tuple(e["loc"]) == ("body",)]
    if any(e["loc"][0] == "path" for e in found):
        return Problem(problems.NOT_FOUND)
    headers = (e for e in found if e["loc"][0] == "header" and e["type"] == "missing")
    absent = {str(e["loc"][-1]).lower() for e in headers}
    for header, kind in MISSING_HEADERS.items():
        if header in absent:
            return Problem(kind)
    if any(e["type"] == "json_invalid" for e in found):
        return Problem(problems.MALFORMED_JSON)
    if whole_body and not is_json(request.headers):
        return Problem(problems.UNSUPPORTED_MEDIA_TYPE)
    return Problem(problems.VALIDATION_FAILED, errors=field_errors(found))


def _field_error(error: Mapping[str, Any]) -> FieldError:
    context = error.get("ctx", {})
    code = str(context.get("code", error["type"]))
    detail = str(error["msg"]).removeprefix("Value error, ")
    return FieldError(_pointer(error["loc"]), code, mask(detail))


def _pointer(location: Sequence[Any]) -> str:
    """JSON Pointer into the body; parameters are told as /query/<name> or /header/<name>."""
    parts = location[1:] if location and location[0] == "body" else location
    return "".join(f"/{field_name(part)}" for part in parts)


def _instance(scope: Scope, trace_id: str | None) -> str | None:
    """The path as its route knows it; without a route only the trace. A parameter that is no id
    of ours may be anything, and shows as its name."""
    template = getattr(scope.get("route"), "path", None)
    if template is None:
        return f"urn:nopsa:trace:{trace_id}" if trace_id else None
    known, sent = template.split("/"), scope["path"].split("/")
    if len(known) != len(sent):
        return str(template)
    return "/".join(
        value if value == name or _UUID.fullmatch(value) else name
        for name, value in zip(known, sent, strict=True)
    )


def _frames(error: Exception) -> list[str]:
    frames = []
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 3)[-1]}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return frames[-8:]
