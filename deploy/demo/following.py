"""Sends the demo's referrals and follows each until it has arrived everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from deploy.demo.calling import PATIENCE_SECONDS, Callers, DidNotArrive, wait_for
from deploy.demo.receiver import Receiver
from deploy.local.spans import Span, first_trace_of, read_spans, services_in, tree

FINLAND = ZoneInfo("Europe/Helsinki")
ON_THE_WAY = {"referral", "caseload", "analytics"}


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
    """Whoever sends, and looks where it went."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._stack = callers.stack

    def send(self, sender: str, body: Mapping[str, Any]) -> Path:
        """Posts a referral in the sender's name."""
        return Path(sender, self._callers.post(sender, "referral", "/v1/referrals", body))

    def subscribe(self, partner: str, receiver: Receiver) -> None:
        """Registers a webhook endpoint of a partner, and gives the receiver its secret."""
        org = self._stack.clients[partner]["org"]
        path = f"/v1/partners/{org}/webhooks"
        made = self._callers.post("admin", "referral", path, {"url": receiver.url})
        receiver.secret = made["secret"]

    def told_by_webhook(self, path: Path, receiver: Receiver) -> dict[str, Any]:
        """The first webhook message about a referral."""
        message = receiver.first_about(path.referral_id, PATIENCE_SECONDS)
        if message is None:
            raise DidNotArrive(f"{path.sender}: no webhook about its referral came.")
        return message

    def follow(self, path: Path) -> None:
        """Waits until the referral has its case."""
        path.case = wait_for(f"{path.sender}: a case", lambda: self._case_of(path.referral_id))
        path.assignment = self._callers.get(
            "admin", "caseload", f"/v1/cases/{path.case['id']}/assignment"
        )

    def look(self, path: Path) -> None:
        """What the sender sees of it by now."""
        path.seen_by_sender = self._callers.get(
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

        return wait_for("analytics: every referral in the reports", complete)

    def trace(self, path: Path) -> list[Span]:
        """The referral's trace, once every service on the way has left its spans."""

        def complete() -> list[Span] | None:
            spans = read_spans(self._stack.span_dir)
            trace_id = first_trace_of(spans, path.referral_id)
            roots = tree(spans, trace_id) if trace_id else []
            complete = services_in(roots) >= ON_THE_WAY and len(roots) == 1
            return roots if complete else None

        return wait_for(f"{path.sender}: one trace through all services", complete)

    def team_name(self, team_id: str) -> str:
        """What a team is called."""
        return str(self._callers.get("admin", "caseload", f"/v1/teams/{team_id}")["name"])

    def profession(self, worker_id: str) -> str:
        """A worker's profession."""
        worker = self._callers.get("admin", "caseload", f"/v1/workers/{worker_id}")
        return str(worker["profession"]).replace("_", " ")

    def _case_of(self, referral_id: str) -> dict[str, Any] | None:
        page = self._callers.get("admin", "caseload", "/v1/cases")
        cases = (case for case in page["items"] if referral_id in case["referral_ids"])
        return next(cases, None)

    def _report(self, name: str) -> dict[str, Any]:
        today = datetime.now(FINLAND).date().isoformat()
        return self._callers.get(
            "admin", "analytics", f"/v1/reports/{name}?from={today}&to={today}"
        )
