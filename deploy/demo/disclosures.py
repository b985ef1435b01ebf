"""What the client may ask for: who used or was told their data, and the proof that nothing of the
log was changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deploy.demo.calling import Callers, wait_for

READ_BY_RECORDS = {"lifecare-social": 3, "lifecare-health": 2}
"""The form and the plan were read by both record systems, what followed the revocation by one."""


@dataclass
class Log:
    """A client's disclosure log, newest first, without our own looks at it (which it holds too),
    and the proof of the whole log."""

    items: list[dict[str, Any]]
    proof: dict[str, Any]


def disclosure_log(callers: Callers, client_ref: str) -> Log:
    """The log once it holds every reading of the record systems."""

    def complete() -> list[dict[str, Any]] | None:
        path = f"/v1/clients/{client_ref}/disclosures?limit=200"
        log = callers.get("lead", "consent", path)["items"]
        items = [item for item in log if item["what"]["data_class"] != "log"]
        read = [item["who"]["client_id"] for item in items if item["what"]["act"] == "read"]
        whole = all(read.count(who) >= count for who, count in READ_BY_RECORDS.items())
        return items if whole else None

    items = wait_for("the disclosure log with what the records read", complete)
    return Log(items, callers.get("admin", "consent", "/v1/audit/verify"))
