"""The HTTP side of a service: one factory, and conventions that every endpoint keeps."""

from shared.web.app import create_app, serve
from shared.web.conventions import (
    IdempotencyKey,
    RequiredIdempotencyKey,
    RequiredIfMatch,
    answer,
    etag,
    expected_version,
    is_current,
    made_or_changed,
    optional_version,
)
from shared.web.dependencies import Cipher, Index, Session
from shared.web.direct import DirectRoute

__all__ = [
    "Cipher",
    "DirectRoute",
    "IdempotencyKey",
    "Index",
    "RequiredIdempotencyKey",
    "RequiredIfMatch",
    "Session",
    "answer",
    "create_app",
    "etag",
    "expected_version",
    "is_current",
    "made_or_changed",
    "optional_version",
    "serve",
]
