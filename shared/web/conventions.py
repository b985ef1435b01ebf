"""Headers that mean the same in every service: Idempotency-Key, ETag and If-Match."""

import re
from typing import Annotated

from fastapi import Depends, Header
from fastapi.responses import JSONResponse

from shared.idempotency import Answer
from shared.problems import (
    IDEMPOTENCY_KEY_MISSING,
    PRECONDITION_FAILED,
    PRECONDITION_REQUIRED,
    Problem,
)

_KEY = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="new for each new request, the same when it is repeated",
    ),
]
_ETAG = re.compile(r'"v(\d{1,9})"')


def _required(key: _KEY = None) -> str:
    if key is None:
        raise Problem(IDEMPOTENCY_KEY_MISSING)
    return key


IdempotencyKey = _KEY
RequiredIdempotencyKey = Annotated[str, Depends(_required)]


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"v{version}"'


_IF_MATCH = Annotated[str | None, Header(alias="If-Match", max_length=100)]


def optional_version(if_match: _IF_MATCH = None) -> int | None:
    """The version the caller read, from If-Match; None without one. Not one of ours: 412."""
    if if_match is None:
        return None
    match = _ETAG.fullmatch(if_match.strip())
    if match is None:
        raise Problem(PRECONDITION_FAILED)
    return int(match.group(1))


def expected_version(version: Annotated[int | None, Depends(optional_version)]) -> int:
    """Like `optional_version`, where a change is impossible without: missing is 428."""
    if version is None:
        raise Problem(PRECONDITION_REQUIRED)
    return version


def answer(given: Answer) -> JSONResponse:
    """The HTTP response of a command's answer, saying when it is a replay."""
    replay = {"Idempotency-Replayed": "true"} if given.replayed else {}
    return JSONResponse(given.body, given.status, headers={**given.headers, **replay})
