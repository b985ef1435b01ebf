"""Media types that schemathesis does not know how to write."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson", "text/csv")
def as_text(ctx: schemathesis.SerializationContext, value: Any) -> bytes:
    """A file is sent as it is; whatever else was generated, as its text."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
