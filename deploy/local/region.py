"""The demo region: a made-up county with its partners, teams, workers and API clients.

`region.json` holds it all, with fixed ids, so that a second load finds what the first one made.
It is loaded as any administrator would: over HTTP, with a token.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from deploy.local.files import write_private

_REGION = Path(__file__).with_name("region.json")
# The answer to a change without If-Match: what we would create is there already.
_ALREADY_THERE = {httpx.codes.PRECONDITION_FAILED, httpx.codes.PRECONDITION_REQUIRED}


class RegionNotLoaded(RuntimeError):
    """A service refused a part of the region; the message carries its answer."""


def read_region() -> dict[str, Any]:
    """The region as written: `clients`, `partners`, `teams`, `workers`."""
    region: dict[str, Any] = json.loads(_REGION.read_text())
    return region


def ensure_clients(path: Path) -> dict[str, dict[str, Any]]:
    """The region's API clients, each with a random secret that lasts as long as the file."""
    known = json.loads(path.read_text()) if path.exists() else {}
    ours = {
        name: {
            "client_id": name,
            "client_secret": known.get(name, {}).get("client_secret", secrets.token_urlsafe(24)),
            **client,
        }
        for name, client in read_region()["clients"].items()
    }
    clients: dict[str, dict[str, Any]] = known | ours
    if clients != known:
        write_private(path, json.dumps(clients, indent=2))
    return clients


def load_region(urls: Mapping[str, str], token: str) -> None:
    """Put partners, teams and workers where they belong; what is there already stays."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(headers=headers, timeout=30.0) as client:
        for url, body in _resources(urls):
            _put(client, url, body)


def _resources(urls: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    region = read_region()
    for service, kind in (("referral", "partners"), ("caseload", "teams"), ("caseload", "workers")):
        for entry in region[kind] if service in urls else []:
            body = {name: value for name, value in entry.items() if name != "id"}
            yield f"{urls[service]}/v1/{kind}/{entry['id']}", body


def _put(client: httpx.Client, url: str, body: dict[str, Any]) -> None:
    answer = client.put(url, json=body)
    if answer.is_success or answer.status_code in _ALREADY_THERE:
        return
    raise RegionNotLoaded(f"{url} answered {answer.status_code}: {answer.text}")
