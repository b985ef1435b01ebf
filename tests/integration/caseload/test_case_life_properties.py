"""Whatever several clients do to several cases at once: no state that the tables do not allow, no
version missing, and the events of a case tell the case.

Each round sends some acts at the same time, over HTTP, each with the ETag that its client read
before. An act that nobody raced is answered as the tables say; of those that race on one case at
most one moves it.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from services.caseload.cases import rules
from services.caseload.cases.folding import Folded, fold
from services.caseload.cases.rules import Action
from services.caseload.deadlines.sweeping import raise_overdue
from services.caseload.goals import rules as goal_rules
from services.caseload.goals.rules import GoalAction, GoalState
from services.caseload.handovers import rules as handover_rules
from services.caseload.handovers.rules import HandoverAction, HandoverState
from services.caseload.handovers.sweeping import bounce_unanswered
from services.caseload.visits import rules as visit_rules
from services.caseload.visits.rules import VisitAction
from shared.contracts.codes import CaseStatus, ClosingReason
from tests.integration.caseload.acting import Hands, case_events, moment, take_on
from tests.integration.caseload.conftest import Service
from tests.support.deeper import examples

CASES = 3
OPEN_GOALS = 3
ONE, SEVERAL = st.integers(0, CASES - 1), st.integers(0, 7)
T = TypeVar("T")

PLAIN: dict[str, tuple[Action, str, Any]] = {
    "try": (Action.ATTEMPT_CONTACT, "contact-attempts", {"channel": "phone", "outcome": "refused"}),
    "reach": (Action.REACH, "contact-attempts", {"channel": "visit", "outcome": "reached"}),
    "start": (Action.START_ASSESSMENT, "assessment", {"action": "start", "joint_with": "health"}),
    "complete": (Action.COMPLETE_ASSESSMENT, "assessment", {"action": "complete"}),
    "set goal": (Action.SET_GOAL, "goals", {"area": "money", "text": "Laskut"}),
    "motivation": (Action.RECORD_MOTIVATION, "motivation", {"value": 6}),
    "book": (Action.BOOK_VISIT, "visits", {"location": "home"}),
    "cadence": (Action.AGREE_CADENCE, "cadence", {"days_between": 7}),
    "taper": (Action.TAPER, "cadence", {"days_between": 28, "tapering": True}),
    "housing": (Action.CHANGE_HOUSING, "housing", {"status": "hostel", "since": "2026-01-02"}),
    "segment": (Action.SET_SEGMENT, "segment", {"support_need": "light", "complexity": "complex"}),
    "propose": (Action.PROPOSE_HANDOVER, "handovers", {"receiver": "Clinic", "service": "clinic"}),
}
GOALS = {"attain": GoalAction.ATTAIN, "drop": GoalAction.DROP}
VISITS = {
    "keep": (Action.KEEP_VISIT, VisitAction.KEEP),
    "cancel": (Action.CANCEL_VISIT, VisitAction.CANCEL),
}
HANDOVERS = {
    "accept": HandoverAction.ACCEPT,
    "decline": HandoverAction.DECLINE,
    "joint-meeting": HandoverAction.MEET,
    "confirm": HandoverAction.CONFIRM,
    "fail": HandoverAction.FAIL,
}
CLOSE = {"close": ClosingReason.GOALS_ATTAINED, "hand over": ClosingReason.HANDED_OVER}
KINDS = st.sampled_from(
    [*PLAIN, "set goal", "propose", *GOALS, *VISITS, *HANDOVERS, *HANDOVERS, *CLOSE, "return"]
)
WAYS = [
    "reach, start, complete, cadence",
    "set goal, attain",
    "book, keep, motivation, taper",
    "propose, accept, joint-meeting, confirm, hand over",
    "propose, decline",
    "close, return",
]
LATEST = -1


@dataclass(frozen=True)
class Act:
    """What a client does to which case; `which` picks a goal, visit or handover of it."""

    case: int
    kind: str
    which: int

    def prepare(self, case: Folded) -> tuple[str, Any, bool]:
        """The path, the body, and whether the tables allow it as the case is."""
        if self.kind in PLAIN:
            action, path, body = PLAIN[self.kind]
            full = self.kind == "set goal" and _open_goals(case) >= OPEN_GOALS
            timed = {"at": moment()} if path in ("contact-attempts", "visits") else {}
            return path, body | timed, _allowed(case, action) and not full
        if self.kind in CLOSE:
            reason = CLOSE[self.kind]
            done = HandoverState.CONFIRMED in case.handovers.values()
            unmet = reason == ClosingReason.HANDED_OVER and not done
            return "close", {"reason": reason}, _allowed(case, rules.closing(reason)) and not unmet
        if self.kind == "return":
            return "return", None, case.status == CaseStatus.CLOSED
        return self._on_a_part(case)

    def _on_a_part(self, case: Folded) -> tuple[str, Any, bool]:
        if self.kind in GOALS:
            goal = _pick(case.goals, self.which)
            moved = goal and goal_rules.after(goal[1], GOALS[self.kind])
            allowed = _allowed(case, Action.END_GOAL) and bool(moved)
            return f"goals/{goal[0] if goal else NOBODY}/{self.kind}", None, allowed
        if self.kind in VISITS:
            action, step = VISITS[self.kind]
            visit = _pick(case.visits, self.which)
            moved_visit = visit and visit_rules.after(visit[1], step)
            allowed = _allowed(case, action) and bool(moved_visit)
            return f"visits/{visit[0] if visit else NOBODY}/{self.kind}", None, allowed
        handover = _pick(case.handovers, self.which)
        on = handover and handover_rules.after(handover[1], HANDOVERS[self.kind])
        return f"handovers/{handover[0] if handover else NOBODY}/{self.kind}", None, bool(on)


NOBODY = UUID(int=0)


def _pick(parts: dict[UUID, T], which: int) -> tuple[UUID, T] | None:
    return list(parts.items())[which % len(parts)] if parts else None


def _allowed(case: Folded, action: Action) -> bool:
    return case.status is not None and rules.after(case.status, action) is not None


def _open_goals(case: Folded) -> int:
    return list(case.goals.values()).count(GoalState.OPEN)


class Town:
    """Some cases, and what is known of them before each round."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.hands: list[Hands] = []
        self.known: list[Folded] = []

    async def begin(self) -> None:
        """As many clients are referred; one has a work pair and is in support already."""
        self.hands = [await take_on(self.service) for _ in range(CASES - 1)]
        pair = await take_on(self.service, reasons=["homelessness", "substance_use"])
        await pair.support()
        self.hands.append(pair)
        self.known = [await self.check(hands) for hands in self.hands]

    async def play(self, acts: list[Act]) -> None:
        """Does all of it at once, then looks at what came of it."""
        prepared = [act.prepare(self.known[act.case]) for act in acts]
        before = [hands.etag for hands in self.hands]
        answers = await asyncio.gather(
            *(
                self.send(self.hands[act.case], before[act.case], path, body)
                for act, (path, body, _) in zip(acts, prepared, strict=True)
            )
        )
        for number in {act.case for act in acts}:
            mine = [nth for nth, act in enumerate(acts) if act.case == number]
            told = [answers[nth] for nth in mine]
            assert all(answer.status_code in (200, 201, 404, 409, 412) for answer in told), told
            moved = [a for a in told if a.is_success and a.headers["ETag"] != before[number]]
            assert len(moved) <= 1, "only one of those who read the same version moves the case"
            if len(mine) == 1:
                assert told[0].is_success == prepared[mine[0]][2], (acts, told[0].text)
            await self.look(number, [acts[nth].kind for nth in mine], told)

    async def send(self, hands: Hands, etag: str, path: str, body: Any) -> httpx.Response:
        """One client's request."""
        return await self.service.http.post(
            f"/v1/cases/{hands.case_id}/{path}",
            json=body,
            headers=hands.headers | {"If-Match": etag},
        )

    async def look(self, number: int, kinds: list[str], told: list[httpx.Response]) -> None:
        """Checks a case; one that was returned to is left for its new period."""
        self.known[number] = await self.check(self.hands[number])
        for kind, answer in zip(kinds, told, strict=True):
            if kind == "return" and answer.is_success:
                old = self.hands[number]
                self.hands[number] = Hands(old.service, answer.json()["id"], "", old.headers)
                self.known[number] = await self.check(self.hands[number])

    async def sweep(self) -> None:
        """Nobody answers in time, and two processes find out at once."""
        await self.service.rows(
            "UPDATE handovers SET answer_due_at = now() WHERE state = 'proposed'"
        )
        await asyncio.gather(*(bounce_unanswered(self.service.database) for _ in range(2)))
        self.known = [await self.check(hands) for hands in self.hands]
        waiting = [s for case in self.known for s in case.handovers.values()]
        assert HandoverState.PROPOSED not in waiting

    async def say_ground(self, number: int, ground: str | None) -> None:
        """A worker says whether the law sets a date for the client."""
        hands, open_ = self.hands[number], self.known[number].status != CaseStatus.CLOSED
        answer = await self.service.http.put(
            f"/v1/cases/{hands.case_id}/statutory-ground",
            json={"ground": ground},
            headers=hands.headers | {"If-Match": hands.etag},
        )
        assert answer.status_code == (200 if open_ else 409), answer.text
        self.known[number] = await self.check(hands)

    async def pass_deadlines(self) -> None:
        """Every deadline passes, and two processes find out at once."""
        await self.service.rows("UPDATE cases SET contact_due_at = now() - interval '1 minute'")
        much_later = datetime.now(UTC) + timedelta(days=30)
        looking = (raise_overdue(self.service.database, much_later) for _ in range(2))
        await asyncio.gather(*looking)
        self.known = [await self.check(hands) for hands in self.hands]

    async def check(self, hands: Hands) -> Folded:
        """The events of the case tell the case."""
        case = await hands.see()
        rows = await self.service.rows(
            "SELECT value, headers FROM outbox WHERE key = $1 ORDER BY id",
            case["client_ref"].encode(),
        )
        folded = fold(case_events(rows, hands.case_id))
        assert hands.etag == f'"v{folded.version}"'
        assert told(folded) == shown(case)
        return folded


def told(case: Folded) -> dict[str, Any]:
    """A case as its events tell it."""
    return {
        "status": case.status,
        "client_ref": str(case.client_ref),
        "team": str(case.team),
        "workers": sorted(map(str, case.workers)),
        "previous_case": str(case.previous_case) if case.previous_case else None,
        "attempts": case.attempts,
        "contacted": case.contacted_at is not None,
        "flags": {"contact_escalated": case.escalated, "nurse": case.over_nurse_limit},
        "assessment": case.assessment and [case.assessment[1] is not None],
        "motivation": case.motivation,
        "cadence": case.cadence,
        "housing": case.housing and (case.housing[0], str(case.housing[1])),
        "segment": case.segment,
        "goals": {str(goal): state for goal, state in case.goals.items()},
        "visits": {str(visit): state for visit, state in case.visits.items()},
        "handovers": {str(handover): state for handover, state in case.handovers.items()},
        "closing_reason": case.closing_reason,
        "assessment_due_on": str(case.assessment_due_on) if case.assessment_due_on else None,
    }


def shown(case: dict[str, Any]) -> dict[str, Any]:
    """The same case as the service shows it."""
    flags = {flag["code"] for flag in case["flags"]}
    parts = {
        "goals": case["goals"],
        "visits": case["visits"]["items"],
        "handovers": case["handovers"],
    }
    return {
        **{name: case[name] for name in ("status", "client_ref", "team", "workers", "attempts")},
        **{name: case[name] for name in ("previous_case", "closing_reason", "assessment_due_on")},
        "contacted": case["contacted_at"] is not None,
        "flags": {
            "contact_escalated": "contact_escalated" in flags,
            "nurse": "nurse_meetings_exceeded" in flags,
        },
        "assessment": case["assessment"] and [case["assessment"]["completed_at"] is not None],
        "motivation": [point["value"] for point in case["motivation_points"]],
        "cadence": case["cadence"] and tuple(case["cadence"].values()),
        "housing": case["housing"] and tuple(map(str, case["housing"].values())),
        "segment": case["segment"] and tuple(case["segment"].values()),
        **{name: {part["id"]: part["status"] for part in found} for name, found in parts.items()},
    }


def life_in(town: Town, loop: asyncio.AbstractEventLoop) -> type[RuleBasedStateMachine]:
    """A state machine whose steps run on the loop that serves the service."""

    def wait(coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, loop).result(60)

    class Life(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            wait(town.begin())

        @rule(acts=st.lists(st.builds(Act, ONE, KINDS, SEVERAL), min_size=2, max_size=6))
        def several_at_once(self, acts: list[Act]) -> None:
            wait(town.play(acts))

        @rule(case=ONE, acts=st.lists(st.tuples(KINDS, SEVERAL), min_size=1, max_size=4))
        def a_race_for_one_case(self, case: int, acts: list[tuple[str, int]]) -> None:
            wait(town.play([Act(case, kind, which) for kind, which in acts]))

        @rule(case=ONE, way=st.sampled_from(WAYS))
        def a_usual_way(self, case: int, way: str) -> None:
            for kind in way.split(", "):
                wait(town.play([Act(case, kind, LATEST)]))

        @rule()
        def nobody_answers_in_time(self) -> None:
            wait(town.sweep())

        @rule()
        def deadlines_pass(self) -> None:
            wait(town.pass_deadlines())

        @rule(case=ONE, old=st.booleans())
        def the_law_names_the_client(self, case: int, old: bool) -> None:
            wait(town.say_ground(case, "over_75" if old else None))

    return Life


@pytest.mark.fuzz_too
async def test_whatever_is_done_the_events_tell_the_case(service: Service) -> None:
    team = await service.team()
    await service.worker(team, capacity=1000)
    await service.worker(
        team, capacity=1000, profession="psychiatric_nurse", employer_sector="health"
    )
    machine = life_in(Town(service), asyncio.get_running_loop())
    await asyncio.to_thread(
        run_state_machine_as_test,
        machine,
        settings=settings(
            max_examples=examples(4),
            stateful_step_count=20,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
