"""Headers that mean the same in every service: Idempotency-Key, ETag, If-Match, Content-Type."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Header
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from shared.idempotency import Answer
from shared.jsontext import text_of
from shared.problems import (
    IDEMPOTENCY_KEY_MISSING,
    PRECONDITION_FAILED,
    PRECONDITION_REQUIRED,
    Problem,
)

_KEY_HEADER = Header(
    alias="Idempotency-Key",
    min_length=1,
    max_length=200,
    description="new for each new request, the same when it is repeated",
)
_IF_MATCH_HEADER = Header(
    alias="If-Match", max_length=1000, description="the ETag of what was read"
)
_ETAG = re.compile(r'"v(\d{1,9})"')

IdempotencyKey = Annotated[str | None, _KEY_HEADER]
RequiredIdempotencyKey = Annotated[str, _KEY_HEADER]
RequiredIfMatch = Annotated[str, _IF_MATCH_HEADER]

MISSING_HEADERS = {
    "idempotency-key": IDEMPOTENCY_KEY_MISSING,
    "if-match": PRECONDITION_REQUIRED,
}
"""What the absence of a required header is told as."""


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"v{version}"'


async def optional_version(
    if_match: Annotated[str | None, _IF_MATCH_HEADER] = None,
) -> int | None:
    """The version the caller read, from If-Match; None without one. Not one of ours: 412."""
    return None if if_match is None else _version(if_match)


async def expected_version(if_match: RequiredIfMatch) -> int:
    """Like `optional_version`, where a change is impossible without: missing is 428."""
    return _version(if_match)


def is_json(headers: Mapping[str, str]) -> bool:
    """Whether a body is one JSON document, by its Content-Type."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def is_current(if_match: str, present: str) -> bool:
    """Whether If-Match names the present ETag, alone or in a list, or is `*` (RFC 9110, 13.1.1).

    For representations whose ETag is not their version. Weak tags never match here.
    """
    named = [tag.strip() for tag in if_match.split(",")]
    return "*" in named or present in named


def made_or_changed(view: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """The two good answers of a PUT that makes what it does not find, for its `responses`."""
    return {
        200: {"model": view, "description": "It was changed"},
        201: {"model": view, "description": "It is new"},
    }


class _Json(JSONResponse):
    def render(self, content: Any) -> bytes:
        return text_of(content).encode()


def answer(given: Answer) -> JSONResponse:
    """The HTTP response of a command's answer, saying when it is a replay."""
    replay = {"Idempotency-Replayed": "true"} if given.replayed else {}
    return _Json(given.body, given.status, headers={**given.headers, **replay})


def _version(if_match: str) -> int:
    match = _ETAG.fullmatch(if_match.strip())
    if match is None:
        raise Problem(PRECONDITION_FAILED)
    return int(match.group(1))
