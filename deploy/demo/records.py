"""How documents come into both records, or do not: a form and a plan that both store, a record
system that is down for a while, and a consent that is taken back.

The record systems are the reference integrators, two processes that know only the topic and REST.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from deploy.demo.calling import Callers, wait_for

WORKER = "worker"
DIRECTIONS = ("social_to_health", "health_to_social")
CONFIRM_SECONDS = 2.0
"""In the demo a record is late after so long; a county would give it a day."""
ENVIRONMENT = {
    "NOPSA_RECORD_CONFIRM_HOURS": str(CONFIRM_SECONDS / 3600),
    "NOPSA_RECORD_SWEEP_SECONDS": "0.3",
}


@dataclass
class Stand:
    """What happened, where the document stood then, and its ids in the two records."""

    what: str
    state: str
    social: str
    health: str


@dataclass
class Records:
    """One client's documents, and what became of each."""

    callers: Callers
    client_ref: str
    stands: list[Stand] = field(default_factory=list)

    def live(self) -> list[Stand]:
        """The whole chapter; how the documents stood."""
        consents = [self._consent(direction) for direction in DIRECTIONS]
        self._both_store("consent_form")
        self._one_is_down_for_a_while()
        self._taken_back(consents[0])
        return self.stands

    def _both_store(self, kind: str) -> None:
        form = self._write(kind)
        self._tell("the consent form, on both topics", self._comes_to(form, "stored_in_both"))

    def _one_is_down_for_a_while(self) -> None:
        supervisor = self.callers.stack.supervisor
        supervisor.stop("lifecare-health")
        plan = self._write("joint_plan")
        half = self._comes_to(plan, "half_stored")
        self._tell("the work pair's plan; the health record is down", half)
        late = wait_for("the plan is told to be overdue", lambda: self._overdue(plan))
        self._tell("nobody has confirmed in time: overdue", late)
        supervisor.start("lifecare-health")
        self._tell("the health record is back", self._comes_to(plan, "stored_in_both"))

    def _taken_back(self, consent: dict[str, Any]) -> None:
        path = f"/v1/consents/{consent['id']}"
        etag = self.callers.read(WORKER, "consent", path)[1]
        self.callers.post(WORKER, "consent", f"{path}/revoke", None, etag)
        summary = self._write("handover_summary")
        shown = self._comes_to(summary, "stored")
        self._tell("the consent is taken back; the next document", shown)

    def _consent(self, direction: str) -> dict[str, Any]:
        body = {
            "client_ref": self.client_ref,
            "direction": direction,
            "scope": "general",
            "given_by": "client",
            "form": "paper_signed",
            "recorded_by": self.callers.stack.clients[WORKER]["worker"],
        }
        return self.callers.post(WORKER, "consent", "/v1/consents", body)

    def _write(self, kind: str) -> str:
        body = {
            "client_ref": self.client_ref,
            "kind": kind,
            "written_in": "social",
            "content": "What the client and the two of them agreed on.",
        }
        return str(self.callers.post(WORKER, "consent", "/v1/documents", body)["id"])

    def _look(self, document_id: str) -> dict[str, Any]:
        return self.callers.get(WORKER, "consent", f"/v1/documents/{document_id}")

    def _comes_to(self, document_id: str, state: str) -> dict[str, Any]:
        def there() -> dict[str, Any] | None:
            shown = self._look(document_id)
            return shown if shown["state"] == state else None

        return wait_for(f"a document that is {state}", there)

    def _overdue(self, document_id: str) -> dict[str, Any] | None:
        shown = self._look(document_id)
        return shown if shown["overdue_at"] else None

    def _tell(self, what: str, shown: dict[str, Any]) -> None:
        ids = {record: _id_in(shown, record) for record in ("social", "health")}
        self.stands.append(Stand(what, shown["state"], ids["social"], ids["health"]))


def _id_in(shown: dict[str, Any], record: str) -> str:
    """The record system's own id of the document, or why there is none."""
    if shown["stored"][record] is not None:
        return str(shown["stored"][record]["record_id"])
    return "waiting" if shown["told"][record] else "not told"
