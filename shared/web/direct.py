"""A route for what is called a thousand times a second: declared, documented and validated by
FastAPI's own means, but its parameters are found in one go.

FastAPI asks anew of each request what an endpoint may declare (forms, cookies, generators, nested
dependencies), which takes a fifth of the way in and out.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, _effective_route_context_var
from starlette.requests import Request
from starlette.responses import Response

from shared.web.conventions import is_json

Values = dict[str, Any]
Wrong = list[Any]
_NOTHING = object()
_UNKNOWN = (
    "path_params",
    "query_params",
    "cookie_params",
    "websocket_param_name",
    "http_connection_param_name",
    "response_param_name",
    "background_tasks_param_name",
    "security_scopes_param_name",
)
_NOT_NEEDED = (*_UNKNOWN, "header_params", "body_params", "dependencies")


class DirectRoute(APIRoute):
    """For an endpoint that is a coroutine, answers a `Response` and declares one JSON body,
    headers, the request, and dependencies that take the request alone: nothing else."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request. It raises what dependencies raise, then `RequestValidationError`
        with all that is wrong with headers and body, as FastAPI's own does.

        Raises `TypeError` for an endpoint that declares something else.
        """
        # Whoever includes the router may declare more than the route itself.
        included = _effective_route_context_var.get()
        declared: Dependant = (included or self).dependant
        endpoint = self.endpoint
        if not _is_known(declared):
            raise TypeError(f"{self.path} declares what a DirectRoute does not know")

        async def handle(request: Request) -> Response:
            given = await _body_of(request)
            values: Values = {}
            for needed in declared.dependencies:
                found = await needed.call(request)  # type: ignore[misc]
                if needed.name is not None:
                    values[needed.name] = found
            if declared.request_param_name is not None:
                values[declared.request_param_name] = request
            wrong = [
                *_find_headers(declared, request, values),
                *_find_body(declared, given, values),
            ]
            if wrong:
                raise RequestValidationError(wrong)
            response: Response = await endpoint(**values)
            return response

        return handle


def _is_known(declared: Dependant) -> bool:
    return (
        len(declared.body_params) == 1
        and not _asks(declared, _UNKNOWN)
        and all(needed.request_param_name for needed in declared.dependencies)
        and not any(_asks(needed, _NOT_NEEDED) for needed in declared.dependencies)
    )


def _asks(declared: Dependant, names: tuple[str, ...]) -> bool:
    return any(getattr(declared, name) for name in names)


async def _body_of(request: Request) -> Any:
    """The body as JSON, as it came where it says that it is something else, or `_NOTHING`."""
    body = await request.body()
    if not body or not is_json(request.headers):
        return body or _NOTHING
    try:
        return json.loads(body)
    except ValueError as error:
        found = {"type": "json_invalid", "loc": ("body",), "msg": "JSON decode error"}
        raise RequestValidationError([found]) from error


def _find_headers(declared: Dependant, request: Request, values: Values) -> Wrong:
    wrong: Wrong = []
    for field in declared.header_params:
        place = ("header", field.alias)
        given = request.headers.get(field.alias)
        if given is not None:
            values[field.name], found = field.validate(given, loc=place)
            wrong += found
        elif field.field_info.is_required():
            wrong.append(_missing(*place))
        else:
            values[field.name] = field.default
    return wrong


def _find_body(declared: Dependant, given: Any, values: Values) -> Wrong:
    (field,) = declared.body_params
    if given is _NOTHING:
        return [_missing("body")]
    values[field.name], wrong = field.validate(given, loc=("body",))
    return wrong


def _missing(*place: str) -> Values:
    return {"type": "missing", "loc": place, "msg": "Field required"}
