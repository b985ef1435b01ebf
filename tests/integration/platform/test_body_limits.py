"""How large and how deep a body may be: the application's limit, and a route's own in its place."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Body, Request

from shared.settings import KafkaSettings, PlatformSettings
from shared.web import create_app
from shared.web.depth import MAX_DEPTH
from tests.support.databases import Databases
from tests.support.servers import served
from tests.support.settings import settings_for
from tests.support.tokens import token_mint

LIMIT, LARGER, SMALLER = 20_000, 1_000_000, 2_000

router = APIRouter(prefix="/v1")


@router.post("/usual")
async def usual(body: Any = Body()) -> dict[str, bool]:
    return {"taken": True}


@router.post("/larger", max_body_size=LARGER)
async def larger(body: Any = Body()) -> dict[str, bool]:
    return {"taken": True}


@router.post("/larger-stream", max_body_size=LARGER)
async def larger_stream(request: Request) -> dict[str, int]:
    return {"bytes": sum([len(piece) async for piece in request.stream()])}


@router.post("/smaller", max_body_size=SMALLER)
async def smaller(body: Any = Body()) -> dict[str, bool]:
    return {"taken": True}


@router.post("/unread")
async def unread() -> dict[str, bool]:
    return {"taken": True}


@pytest.fixture
async def http(postgres: Databases, kafka: KafkaSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service with these routes, with a token."""
    async with token_mint() as mint:
        settings = settings_for(
            PlatformSettings,
            postgres.address("postgres"),
            kafka=kafka,
            issuer=mint.url,
            max_body_bytes=LIMIT,
        )
        app = create_app(settings, [router], title="t", description="d")
        headers = mint.headers("") | {"Content-Type": "application/json"}
        async with (
            served(app) as url,
            httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client,
        ):
            yield client


def text_of(size: int) -> bytes:
    """A JSON string of so many bytes."""
    return b'"' + b"x" * (size - 2) + b'"'


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    """The body in chunks, so that no length is told beforehand."""
    for start in range(0, len(body), 4096):
        yield body[start : start + 4096]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/v1/usual", LIMIT),
        ("/v1/larger", LARGER),
        ("/v1/larger-stream", LARGER),
        ("/v1/smaller", SMALLER),
    ],
)
async def test_a_body_is_taken_up_to_its_route_s_limit_and_refused_above(
    http: httpx.AsyncClient, path: str, limit: int, chunked: bool
) -> None:
    for size, status in ((limit, 200), (limit + 1, 413)):
        body = text_of(size)
        answer = await http.post(path, content=pieces(body) if chunked else body)
        assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "body_too_large"
    assert "ratelimit" in answer.headers


@pytest.mark.parametrize("path", ["/v1/unread", "/v1/nowhere"])
async def test_a_body_that_nobody_reads_is_limited_too(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.post(path, content=text_of(LIMIT + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert "ratelimit" in answer.headers


def nested(depth: int) -> bytes:
    return b'{"a":[' * (depth // 2) + b"[" * (depth % 2) + b"]" * (depth % 2) + b"]}" * (depth // 2)


@pytest.mark.parametrize("path", ["/v1/usual", "/v1/larger", "/v1/larger-stream"])
@pytest.mark.parametrize("media_type", ["application/json", "application/fhir+json; charset=utf-8"])
async def test_json_nested_too_deeply_is_refused(
    http: httpx.AsyncClient, path: str, media_type: str
) -> None:
    headers = {"Content-Type": media_type}
    taken = await http.post(path, content=nested(MAX_DEPTH), headers=headers)
    assert taken.status_code == 200
    for depth in (MAX_DEPTH + 1, 3000):
        refused = await http.post(path, content=nested(depth), headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (400, "body_too_deep")
        assert refused.headers["content-type"] == "application/problem+json"


async def test_brackets_in_words_are_no_depth(http: httpx.AsyncClient) -> None:
    body = json.dumps({"narrative": 'said "[[[" \\' + "[{" * 100}).encode()
    assert (await http.post("/v1/usual", content=pieces(body))).status_code == 200


async def test_the_lines_of_many_documents_are_their_reader_s_to_count(
    http: httpx.AsyncClient,
) -> None:
    body = nested(40) + b"\n"
    headers = {"Content-Type": "application/x-ndjson"}
    answer = await http.post("/v1/larger-stream", content=body, headers=headers)
    assert answer.json() == {"bytes": len(body)}
