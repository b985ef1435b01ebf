"""Sends the demo's referrals and follows each until it has arrived everywhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx

from deploy.demo.receiver import Receiver
from deploy.local.spans import Span, first_trace_of, read_spans, services_in, tree
from deploy.local.stack import Stack

Found = TypeVar("Found")

FINLAND = ZoneInfo("Europe/Helsinki")
PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.1
ON_THE_WAY = {"referral", "caseload", "analytics"}


class DidNotArrive(RuntimeError):
    """A referral did not arrive everywhere in time; the message says where it is missing."""


@dataclass
class Path:
    """One referral's way."""

    sender: str
    receipt: dict[str, Any]
    case: dict[str, Any] = field(default_factory=dict)
    assignment: dict[str, Any] = field(default_factory=dict)
    seen_by_sender: dict[str, Any] = field(default_factory=dict)

    @property
    def referral_id(self) -> str:
        """The referral's id."""
        return str(self.receipt["id"])


class Follower:
    """The demo's callers, each with its own token."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._http = httpx.Client(timeout=30, headers={"Accept-Language": "en"})
        self._tokens: dict[str, str] = {}

    def send(self, sender: str, body: Mapping[str, Any]) -> Path:
        """Posts a referral in the sender's name."""
        answer = self._http.post(
            f"{self._stack.urls['referral']}/v1/referrals",
            json=body,
            headers=self._headers(sender) | {"Idempotency-Key": str(uuid4())},
        )
        answer.raise_for_status()
        return Path(sender, answer.json())

    def subscribe(self, partner: str, receiver: Receiver) -> None:
        """Registers a webhook endpoint of a partner, and gives the receiver its secret."""
        org = self._stack.clients[partner]["org"]
        answer = self._http.post(
            f"{self._stack.urls['referral']}/v1/partners/{org}/webhooks",
            json={"url": receiver.url},
            headers=self._headers("admin"),
        )
        answer.raise_for_status()
        receiver.secret = answer.json()["secret"]

    def told_by_webhook(self, path: Path, receiver: Receiver) -> dict[str, Any]:
        """The first webhook message about a referral."""
        message = receiver.first_about(path.referral_id, PATIENCE_SECONDS)
        if message is None:
            raise DidNotArrive(f"{path.sender}: no webhook about its referral came.")
        return message

    def follow(self, path: Path) -> None:
        """Waits until the referral has its case."""
        path.case = self._wait(f"{path.sender}: a case", lambda: self._case_of(path.referral_id))
        path.assignment = self._get("admin", "caseload", f"/v1/cases/{path.case['id']}/assignment")

    def look(self, path: Path) -> None:
        """What the sender sees of it by now."""
        path.seen_by_sender = self._get(
            path.sender, "referral", f"/v1/referrals/{path.referral_id}"
        )

    def reports(self, paths: Sequence[Path]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Client flow and referral sources of today, once they count every referral."""
        expected = len({path.case["client_ref"] for path in paths}), len(paths)

        def complete() -> tuple[dict[str, Any], dict[str, Any]] | None:
            flow, sources = self._report("client-flow"), self._report("referral-sources")
            counted = sum(row["accepted"] for row in sources["data"]["rows"])
            if (flow["data"]["new"], counted) != expected:
                return None
            return flow, sources

        return self._wait("analytics: every referral in the reports", complete)

    def trace(self, path: Path) -> list[Span]:
        """The referral's trace, once every service on the way has left its spans."""

        def complete() -> list[Span] | None:
            spans = read_spans(self._stack.span_dir)
            trace_id = first_trace_of(spans, path.referral_id)
            roots = tree(spans, trace_id) if trace_id else []
            complete = services_in(roots) >= ON_THE_WAY and len(roots) == 1
            return roots if complete else None

        return self._wait(f"{path.sender}: one trace through all services", complete)

    def team_name(self, team_id: str) -> str:
        """What a team is called."""
        return str(self._get("admin", "caseload", f"/v1/teams/{team_id}")["name"])

    def profession(self, worker_id: str) -> str:
        """A worker's profession."""
        worker = self._get("admin", "caseload", f"/v1/workers/{worker_id}")
        return str(worker["profession"]).replace("_", " ")

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _case_of(self, referral_id: str) -> dict[str, Any] | None:
        page = self._get("admin", "caseload", "/v1/cases")
        cases = (case for case in page["items"] if referral_id in case["referral_ids"])
        return next(cases, None)

    def _report(self, name: str) -> dict[str, Any]:
        today = datetime.now(FINLAND).date().isoformat()
        return self._get("admin", "analytics", f"/v1/reports/{name}?from={today}&to={today}")

    def _get(self, who: str, service: str, path: str) -> dict[str, Any]:
        answer = self._http.get(self._stack.urls[service] + path, headers=self._headers(who))
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body

    def _headers(self, who: str) -> dict[str, str]:
        if who not in self._tokens:
            self._tokens[who] = self._stack.token(who)
        return {"Authorization": f"Bearer {self._tokens[who]}"}

    def _wait(self, what: str, look: Callable[[], Found | None]) -> Found:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = look()
            if found:
                return found
            time.sleep(POLL_SECONDS)
        raise DidNotArrive(f"{what} did not come within {PATIENCE_SECONDS:.0f} seconds.")
