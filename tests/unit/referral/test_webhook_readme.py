"""The verification example that partners copy works as written."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import services.referral.webhooks as webhooks
from services.referral.webhooks.secret import new_secret, signed_headers

README = Path(webhooks.__path__[0]) / "README.md"
BODY = (
    '{"type": "referral.status_changed", "data": {"reference": "R7K-4MX-9W", "status": "accepted"}}'
)


def test_the_example_takes_what_we_signed_and_refuses_the_rest() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102  # our own documentation
    secret, old = new_secret(), new_secret()
    headers = signed_headers("id-1", BODY, [secret, old], datetime.now(UTC))
    assert names["handle"](BODY.encode(), headers, secret) == 204
    assert names["handle"](BODY.encode(), headers, old) == 204
    assert names["handle"](BODY.encode(), headers, new_secret()) == 400
    assert names["handle"](BODY.encode() + b" ", headers, secret) == 400
