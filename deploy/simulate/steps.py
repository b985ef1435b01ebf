"""A step of the present: one call of a worker, a client's partner or an administrator. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CASE = "/v1/cases/{case}"


@dataclass(frozen=True)
class Step:
    """A call. `path` and the texts of `body` may name what earlier steps saved, in braces:
    `{case}`, its `{client_ref}` and `{opened_at}` are always there. `changes` names the saved thing
    that the call changes, whose ETag goes with it; `saves` keeps the answer's id under a name."""

    path: str
    body: Mapping[str, Any] | None = None
    changes: str | None = None
    saves: str | None = None
    service: str = "caseload"
    method: str = "POST"


@dataclass(frozen=True)
class Story:
    """Steps in the life of one case, in their order. It begins with a case of the import, or with a
    referral that becomes one; `key` is its own in the region."""

    key: str
    steps: tuple[Step, ...]
    external_id: str | None = None
    referral: Mapping[str, Any] | None = None
    sender: str | None = None


def on_case(path: str, body: Mapping[str, Any] | None = None, saves: str | None = None) -> Step:
    """Something done to the case."""
    return Step(f"{CASE}/{path}", body, changes="case", saves=saves)
