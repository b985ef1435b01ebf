"""One client's whole story: referred before release, found, assessed, supported, handed over with
a joint meeting, closed, and back again when that breaks.

Days pass in seconds here; every step is a call that a worker, or the receiving service, makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.demo.calling import Callers

WORKER, RECEIVER = "worker", "social-office"


@dataclass
class Chapter:
    """What happened, and where the case stood then."""

    what: str
    status: str


@dataclass
class Story:
    """A case as it is lived, told chapter by chapter."""

    callers: Callers
    case_id: str
    chapters: list[Chapter] = field(default_factory=list)

    def live(self) -> list[Chapter]:
        """The whole story; its chapters."""
        self._find_the_client()
        self._assess_and_set_goals()
        self._meet_and_taper()
        self._hand_over()
        self._come_back()
        return self.chapters

    def _find_the_client(self) -> None:
        for outcome in ("no_answer", "no_answer"):
            self._act("contact-attempts", {"channel": "phone", "outcome": outcome, "at": _ago()})
        self._tell("two calls, nobody answers")
        reached = {"channel": "outreach", "outcome": "reached", "at": _ago()}
        self._act("contact-attempts", reached)
        self._tell("found and talked to on the street: the first contact")

    def _assess_and_set_goals(self) -> None:
        self._act("assessment", {"action": "start", "joint_with": "health"})
        self._act("assessment", {"action": "complete"})
        self._tell("a joint assessment, social and health together")
        goal = self._act("goals", {"area": "housing"})
        self._act(f"goals/{goal['id']}/attain")
        self._act("goals", {"area": "daily_living"})
        self._act("motivation", {"value": 6})
        self._tell("small goals, the first one attained; motivation 6 of 10")

    def _meet_and_taper(self) -> None:
        for location in ("outside", "home"):
            visit = self._act("visits", {"at": _ago(), "location": location})
            self._act(f"visits/{visit['id']}/keep")
        ahead = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        visit = self._act("visits", {"at": ahead, "location": "office"})
        self._act(f"visits/{visit['id']}/cancel", {"by": "client", "reason": "no_show"})
        self._act("housing", {"status": "housed"})
        self._tell("two visits kept, one cancelled; a home is found")
        self._act("cadence", {"days_between": 14, "tapering": True})
        self._tell("meetings every second week now: tapering")

    def _hand_over(self) -> None:
        receiver = {
            "id": self.callers.stack.clients[RECEIVER]["org"],
            "kind": "adult_social_work",
        }
        proposal = {"receiver": receiver, "service": "adult_social_work"}
        path = f"handovers/{self._act('handovers', proposal)['id']}"
        self._tell("a warm handover to adult social work is proposed")
        self._answer(path, "accept")
        self._act(f"{path}/joint-meeting", {"at": _ago()})
        self._answer(path, "confirm")
        self._tell("they accept, all three meet, they confirm")
        ending = {"reason": "handed_over", "alternative_service": "supported"}
        self._act("close", ending)
        self._tell("closed as handed over; without the team: supported housing")

    def _come_back(self) -> None:
        back = self._act("return", {"urgency": "urgent", "reasons": ["housing_loss_risk"]})
        self.case_id = back["id"]
        self._tell("back without a new referral, to the same workers")

    def _act(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Something a worker does, on the case as it was just read."""
        url = f"/v1/cases/{self.case_id}"
        etag = self.callers.read(WORKER, "caseload", url)[1]
        return self.callers.post(WORKER, "caseload", f"{url}/{path}", body, etag)

    def _answer(self, handover: str, act: str) -> None:
        """Something the receiving service does, with its own token."""
        url = f"/v1/cases/{self.case_id}/{handover}"
        etag = self.callers.read(RECEIVER, "caseload", url)[1]
        self.callers.post(RECEIVER, "caseload", f"{url}/{act}", None, etag)

    def _tell(self, what: str) -> None:
        case = self.callers.get(WORKER, "caseload", f"/v1/cases/{self.case_id}")
        self.chapters.append(Chapter(what, case["status"]))


def _ago() -> str:
    return datetime.now(UTC).isoformat()
