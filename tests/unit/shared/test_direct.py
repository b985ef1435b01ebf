"""A direct route answers and refuses as FastAPI's own does."""

import json
from collections.abc import Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from shared.problems import INSUFFICIENT_SCOPE, Problem
from shared.web import DirectRoute, RequiredIdempotencyKey, errors


class Thing(BaseModel):
    count: Annotated[int, Field(ge=1)]
    words: list[str] = []


async def _caller(request: Request) -> str:
    caller: str | None = request.headers.get("caller")
    if caller is None:
        raise Problem(INSUFFICIENT_SCOPE)
    return caller


async def _make(
    body: Thing,
    request: Request,
    caller: Annotated[str, Depends(_caller)],
    key: RequiredIdempotencyKey,
    accept_language: Annotated[str | None, Header()] = None,
) -> JSONResponse:
    told = {"count": body.count, "words": body.words, "caller": caller, "key": key}
    return JSONResponse(told | {"language": accept_language, "path": request.url.path}, 201)


def _application(route: type[APIRoute]) -> FastAPI:
    router = APIRouter(route_class=route)
    router.post("/things", status_code=201)(_make)
    app = FastAPI(telemetry={"tracing": False})
    app.include_router(router)
    errors.install(app)
    return app


APPS = (_application(DirectRoute), _application(APIRoute))


async def _answers(content: bytes, headers: dict[str, str]) -> list[tuple[int, object]]:
    found = []
    for app in APPS:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://things") as http:
            answer = await http.post("/things", content=content, headers=headers)
        found.append((answer.status_code, answer.json()))
    return found


WHOLE = {"content-type": "application/json", "caller": "prison", "idempotency-key": "k"}
documents = st.recursive(
    st.none() | st.integers(-1, 2) | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["count", "words", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
contents = documents.map(lambda document: json.dumps(document).encode()) | st.binary(max_size=8)
headers = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(
            ["application/json", "application/json; charset=utf-8", "a/b", ""]
        ),
        "caller": st.just("prison"),
        "idempotency-key": st.sampled_from(["k", "", "k" * 201]),
        "accept-language": st.sampled_from(["fi", "sv"]),
    },
)


@given(contents, headers)
@example(b'{"count": 1}', WHOLE)
@example(b'{"count": 0, "words": [1]}', WHOLE)
@example(b"", WHOLE)
@example(b"null", WHOLE)
@example(b"{", WHOLE)
@example(b"\xff", WHOLE)
@example(b'{"count": 1}', WHOLE | {"idempotency-key": "k" * 201, "accept-language": "fi"})
@settings(max_examples=100, deadline=None)
async def test_it_answers_and_refuses_to_the_letter_as_fastapi_does(
    content: bytes, headers: dict[str, str]
) -> None:
    direct, own = await _answers(content, headers)
    assert direct == own


def test_both_are_documented_alike() -> None:
    direct, own = (app.openapi() for app in APPS)
    assert direct == own
    assert "Idempotency-Key" in json.dumps(direct)


async def _nobody(request: Request) -> None:
    raise Problem(INSUFFICIENT_SCOPE)


@pytest.mark.parametrize("where", ["application", "inclusion", "router", "route"])
async def test_what_is_asked_of_all_routes_is_asked_here_too(where: str) -> None:
    asked = {where: [Depends(_nobody)]}
    router = APIRouter(route_class=DirectRoute, dependencies=asked.get("router"))
    router.post("/things", dependencies=asked.get("route"))(_make)
    app = FastAPI(telemetry={"tracing": False}, dependencies=asked.get("application"))
    app.include_router(router, dependencies=asked.get("inclusion"))
    errors.install(app)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://things"
    ) as http:
        answer = await http.post("/things", json={"count": 1}, headers=WHOLE)
    assert answer.status_code == 403


async def _paged(body: Thing, page: int) -> JSONResponse:
    return JSONResponse({"count": body.count, "page": page})


async def _without_body(request: Request) -> JSONResponse:
    return JSONResponse({"path": request.url.path})


async def _by_header(key: Annotated[str, Header()]) -> str:
    return key


async def _needing(body: Thing, key: Annotated[str, Depends(_by_header)]) -> JSONResponse:
    return JSONResponse({"count": body.count, "key": key})


@pytest.mark.parametrize("endpoint", [_paged, _without_body, _needing])
def test_an_endpoint_that_declares_something_else_is_refused_at_the_start(
    endpoint: Callable[..., Any],
) -> None:
    router = APIRouter(route_class=DirectRoute)
    with pytest.raises(TypeError, match="/things"):
        router.post("/things")(endpoint)
