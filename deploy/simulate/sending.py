"""A plan brought to a running stack through its public interfaces, each call repeatable: ids,
idempotency keys and external ids come from the plan, so what was sent before is not done again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import httpx

from deploy.cli.calling import Client
from deploy.simulate.plan import Plan
from deploy.simulate.scale import Scale
from deploy.simulate.steps import Step, Story
from deploy.simulate.teams import Team, teams_of

WORKER, ADMIN = "simulation", "admin"
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.3
NEW = ("assigned", "contacting", "contacted", "assessment", "support")
REVOKED = "/revoke"
OF_CASE = ("client_ref", "opened_at")
ALREADY_THERE = {httpx.codes.PRECONDITION_REQUIRED, httpx.codes.PRECONDITION_FAILED}
_STOOD_UNTIL = re.compile(r"until (\d{4}-\d\d-\d\d)(, whole)?\)$")

Progress = Callable[[str, int, int], None]
"""Is told what is being sent, how much of it is done, and how much there is."""


class NotSettled(RuntimeError):
    """Something did not come out as it should; the message says what."""


@dataclass(frozen=True)
class Standing:
    """What a stack has of a simulation already."""

    until: date
    whole: bool


@dataclass
class Sender:
    """Brings one plan to one stack (its ready document)."""

    stack: Mapping[str, Any]
    progress: Progress
    counts: dict[str, int] = field(default_factory=dict)
    _clients: dict[tuple[str, str], Client] = field(default_factory=dict)

    def standing(self, scale: Scale) -> Standing | None:
        """What was sent of this seed and county before, if anything; its first team tells."""
        answer = self._client(ADMIN, "caseload").call("GET", _team_path(teams_of(scale)[0]))
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        answer.raise_for_status()
        found = _STOOD_UNTIL.search(answer.json()["name"])
        if found is None:
            raise NotSettled("A team of the simulation was renamed; how far it came is not known.")
        return Standing(date.fromisoformat(found[1]), bool(found[2]))

    def send(self, plan: Plan) -> None:
        """Everything, in the order in which it could have happened. Raises `httpx.HTTPError` and
        `NotSettled`."""
        self._put_in_place(plan)
        cases = self._send_history(plan)
        gaps = self._client(WORKER, "caseload")
        for nth, gap in enumerate(plan.gaps):
            self._post(gaps, gap.path, gap.body, f"{plan.scale.name}-gap-{nth}")
        self.count("service gaps", len(plan.gaps))
        for nth, story in enumerate(plan.stories):
            self.progress("cases as they are lived", nth, len(plan.stories))
            self._live(plan.scale, story, cases)
        self.progress("cases as they are lived", len(plan.stories), len(plan.stories))
        self._name(plan.scale, plan.teams[0], whole=True)

    def _put_in_place(self, plan: Plan) -> None:
        """Teams and workers; prices and costs, where nobody put some in yet."""
        caseload, analytics = (self._client(ADMIN, name) for name in ("caseload", "analytics"))
        for team in plan.teams:
            self._put(caseload, _team_path(team), team.body(plan.scale, _name(plan.scale, team)))
            for worker in team.workers:
                self._put(caseload, f"/v1/workers/{worker.id}", worker.body)
        for nth, (path, body) in enumerate(plan.inputs):
            self.progress("prices and costs", nth + 1, len(plan.inputs))
            self._put(analytics, path, body)

    def _put(self, client: Client, path: str, body: Mapping[str, Any], *done: int) -> None:
        """Puts what is not there yet; the answers `done`, too, tell that it was put before."""
        answer = client.call("PUT", path, json=body)
        if answer.status_code not in {*ALREADY_THERE, *done}:
            answer.raise_for_status()

    def _name(self, scale: Scale, team: Team, *, whole: bool) -> None:
        """Notes in the team's name how far the simulation came."""
        client, path = self._client(ADMIN, "caseload"), _team_path(team)
        headers = {"If-Match": client.call("GET", path).headers["ETag"]}
        body = team.body(scale, _name(scale, team, whole=whole))
        client.call("PUT", path, json=body, headers=headers).raise_for_status()

    def _send_history(self, plan: Plan) -> dict[str, str]:
        """The past; which case stands for each line, by its external id."""
        client, path = self._client(ADMIN, "caseload"), "/v1/case-imports"
        headers = {"Content-Type": "application/x-ndjson"}
        job = client.post(path, content=plan.history, headers=headers)
        while job["state"] not in ("done", "failed"):
            self.progress("past cases", job["counts"]["lines"], job["lines"])
            time.sleep(POLL_SECONDS)
            job = client.get(f"{path}/{job['id']}")
        self.progress("past cases", job["counts"]["lines"], job["lines"])
        if job["state"] == "failed" or job["counts"]["refused"]:
            raise NotSettled(f"The past was not taken whole: {job['counts']}")
        self.counts |= {
            "past cases": job["counts"]["accepted"],
            "past cases sent before": job["counts"]["duplicates"],
        }
        return self._cases_of(job["id"])

    def _cases_of(self, job_id: str) -> dict[str, str]:
        client, cursor = self._client(ADMIN, "caseload"), ""
        cases: dict[str, str] = {}
        while True:
            page = client.get(f"/v1/case-imports/{job_id}/results?limit=200{cursor}")
            cases |= {item["external_id"]: item["case"] for item in page["items"]}
            if page["next"] is None:
                return cases
            cursor = f"&cursor={page['next']}"

    def _live(self, scale: Scale, story: Story, cases: Mapping[str, str]) -> None:
        case_id = cases[story.external_id] if story.external_id else self._refer(story)
        found = self._client(WORKER, "caseload").call("GET", f"/v1/cases/{case_id}")
        found.raise_for_status()
        told = Told(
            {"case": case_id, **{name: found.json()[name] for name in OF_CASE}},
            {"case": found.headers["ETag"]},
        )
        for nth, step in enumerate(story.steps):
            self._take(step, told, f"{story.key}-{nth}")
        self.count("steps of cases", len(story.steps))

    def _refer(self, story: Story) -> str:
        """Sends the referral; the case that it became."""
        if story.sender is None or story.referral is None:
            raise NotSettled(f"{story.key} begins with nothing.")
        sender = self._client(story.sender, "referral")
        referral = self._post(sender, "/v1/referrals", story.referral, story.key).json()
        self.count("referrals")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for case in self._new_cases(story.referral["team"]):
                if referral["id"] in case["referral_ids"]:
                    return str(case["id"])
            time.sleep(POLL_SECONDS)
        raise NotSettled(f"Referral {referral['reference']} became no case in time.")

    def _new_cases(self, team: str) -> Iterator[dict[str, Any]]:
        """Cases of a team that may have begun with a referral of this simulation."""
        for status in NEW:
            path = f"/v1/cases?team={team}&status={status}&limit=200"
            yield from self._client(WORKER, "caseload").get(path)["items"]

    def _take(self, step: Step, told: Told, key: str) -> None:
        client = self._client(WORKER, step.service)
        etag = told.etags[step.changes] if step.changes else None
        path, body = told.fill(step.path), told.fill(step.body)
        if step.method == "PUT":
            # A case that has ended since takes nothing more: this was sent before it ended.
            self._put(client, path, body, httpx.codes.CONFLICT)
            return
        answer = self._post(client, path, body, key, etag)
        if step.changes:
            told.etags[step.changes] = answer.headers.get("ETag", "*")
        if step.saves:
            told.ids[step.saves] = answer.json()["id"]
            told.etags.setdefault(step.saves, answer.headers.get("ETag", "*"))

    def _post(
        self, client: Client, path: str, body: Any, key: str, etag: str | None = None
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key, **({"If-Match": etag} if etag else {})}
        answer = client.call("POST", path, json=body, headers=headers)
        was_sent = answer.headers.get("Idempotency-Replayed") == "true"
        if path.endswith(REVOKED) and answer.status_code == httpx.codes.CONFLICT:
            was_sent = True  # What was taken back once cannot be again, under any key.
        else:
            answer.raise_for_status()
        self.count("calls sent before" if was_sent else "calls")
        return answer

    def count(self, what: str, more: int = 1) -> None:
        """Adds to the account of what was sent."""
        self.counts[what] = self.counts.get(what, 0) + more

    def _client(self, name: str, service: str) -> Client:
        if (name, service) not in self._clients:
            self._clients[name, service] = Client(self.stack, name, service)
        return self._clients[name, service]


@dataclass
class Told:
    """What the answers to earlier steps of a story told."""

    ids: dict[str, str]
    etags: dict[str, str]

    def fill(self, value: Any) -> Any:
        """Puts what is known in the place of its name in braces."""
        if isinstance(value, str):
            return re.sub(r"\{(\w+)\}", lambda found: self.ids[found[1]], value)
        if isinstance(value, Mapping):
            return {name: self.fill(each) for name, each in value.items()}
        return [self.fill(each) for each in value] if isinstance(value, list) else value


def _name(scale: Scale, team: Team, *, whole: bool = False) -> str:
    ends = f"until {scale.until}{', whole' if whole else ''}"
    return f"Street team {team.name} (simulation {scale.seed}, {ends})"


def _team_path(team: Team) -> str:
    return f"/v1/teams/{team.id}"
