"""A region's past to any margins: what happened, and the events that tell it. All of it is made up.

What happened is kept as plain records, so that a test can count by itself what reports should say.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.contracts import EventData
from shared.contracts import case_life as life
from shared.contracts.caseload import (
    CaseAssigned,
    CaseClosed,
    CaseContacted,
    CasePlaced,
    PlacementEnded,
    ReferralAccepted,
    ServicePathChanged,
    TeamChanged,
    WorkerChanged,
)
from shared.contracts.consent import ConsentDenied, ConsentGiven, ConsentRevoked
from shared.contracts.referral import ReferralReceived
from shared.contracts.registers import GapReported, GapResolved

BEGINS = datetime(2021, 10, 1, 9, tzinfo=UTC)
COUNTY, MUNICIPALITY = "15", "179"


@dataclass
class Case:
    """A case as it was."""

    id: UUID
    client: UUID
    team: UUID
    opened: datetime
    closed: datetime | None = None
    reason: str | None = None
    source: str | None = None
    urgency: str | None = None
    age_group: str | None = None
    received: datetime | None = None
    contacted: datetime | None = None
    in_time: bool = False
    alternative: str | None = None
    previous: UUID | None = None
    version: int = 0


Record = dict[str, Any]


@dataclass
class Past:
    """What happened, by kind, and what was told of it."""

    events: list[EventData] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    kept: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))

    def note(self, kind: str, **facts: Any) -> None:
        """Keeps a record."""
        self.kept[kind].append(facts)

    def tell(self, event: type[EventData], aggregate: UUID, version: int, **facts: Any) -> None:
        """Tells an event."""
        common = {"aggregate_id": aggregate, "version": version, "occurred_at": BEGINS}
        self.events.append(event.model_validate(common | facts))

    def of_case(self, case: Case, event: type[EventData], at: datetime, **facts: Any) -> None:
        """Tells what happened in a case."""
        case.version += 1
        whose = {"client_ref": case.client, "referral_ids": [], "team": case.team}
        self.tell(event, case.id, case.version, occurred_at=at, **{**whose, **facts})

    def begin(
        self,
        team: UUID,
        opened: datetime,
        *,
        client: UUID | None = None,
        referred: Record | None = None,
        **facts: Any,
    ) -> Case:
        """A case begins, after a referral if one is given (its codes), else as of history."""
        case = Case(uuid4(), client or uuid4(), team, opened, **facts)
        self.cases.append(case)
        if referred is not None:
            self._refer(case, referred)
        told: Record = {"source_kind": case.source, "age_group": case.age_group}
        self.of_case(
            case,
            CaseAssigned,
            opened,
            workers=[],
            opened_at=opened,
            contact_due_at=opened,
            county=COUNTY,
            municipality=MUNICIPALITY,
            **(told if referred is None else {}),
        )
        if case.contacted is not None:
            told = {"channel": "phone", "attempt": 1, "within_deadline": case.in_time}
            self.of_case(case, CaseContacted, case.contacted, **told)
        return case

    def _refer(self, case: Case, codes: Record) -> None:
        referral_id = uuid4()
        received = case.received or case.opened
        self.tell(
            ReferralReceived,
            referral_id,
            1,
            **{
                "client_ref": case.client,
                "partner_id": uuid4(),
                "source_kind": case.source,
                "urgency": case.urgency,
                "lawful_basis": "consent",
                "reasons": ["homelessness"],
                "municipality": MUNICIPALITY,
                "age_group": case.age_group,
                "language": "fi",
                "received_at": received,
                "pending_since": received,
                **codes,
            },
        )
        told = {"contact_due_at": received, "joined_open_case": False, "referral_id": referral_id}
        self.of_case(case, ReferralAccepted, received, **told)
        self.note("referrals", client=case.client, at=received, **codes)

    def close(self, case: Case, closed: datetime, reason: str = "handed_over") -> None:
        """The case ends."""
        case.closed, case.reason = closed, reason
        told = {"reason": reason, "closed_at": closed, "alternative_service": case.alternative}
        self.of_case(case, CaseClosed, closed, **told)

    def visit(self, case: Case, at: datetime, location: str, state: str) -> None:
        """A visit is booked, and kept or cancelled unless it is `booked` still."""
        facts = {"visit_id": uuid4(), "scheduled_at": at, "location": location}
        facts |= {"workers": [], "professions": []}
        self.of_case(case, life.VisitBooked, at, **facts)
        ends: dict[str, type[EventData]] = {
            "kept": life.VisitKept,
            "cancelled": life.VisitCancelled,
        }
        if state in ends:
            self.of_case(case, ends[state], at, **facts)
        self.note("visits", case=case, at=at, location=location, state=state, id=facts["visit_id"])

    def goal(self, case: Case, at: datetime, area: str, state: str) -> None:
        """A goal is set, and attained or dropped unless it is `set` still."""
        facts = {"goal_id": uuid4(), "area": area}
        self.of_case(case, life.GoalSet, at, **facts)
        ends: dict[str, type[EventData]] = {
            "attained": life.GoalAttained,
            "dropped": life.GoalDropped,
        }
        if state in ends:
            self.of_case(case, ends[state], at + timedelta(days=9), **facts)
        self.note("goals", at=at, area=area, state=state)

    def reading(self, case: Case, at: datetime, value: int) -> None:
        """Motivation points are written down."""
        self.of_case(case, life.MotivationRecorded, at, value=value)
        self.note("motivation", case=case, at=at, value=value, version=case.version)

    def move(self, case: Case, at: datetime, lived: str | None, lives: str) -> None:
        """The client lives differently."""
        self.of_case(case, life.HousingChanged, at, from_status=lived, to_status=lives)
        self.note("moves", client=case.client, at=at, lived=lived, lives=lives, order=case.version)

    def segment(self, case: Case, at: datetime, need: str, complexity: str) -> None:
        """The client's segment is told."""
        self.of_case(case, life.SegmentChanged, at, support_need=need, complexity=complexity)
        self.note("segments", case=case, at=at, segment=(need, complexity), version=case.version)

    def hand_over(self, case: Case, at: datetime, kind: str, *steps: tuple[str, int]) -> None:
        """A handover is proposed; its further steps come so many days later."""
        facts = {"handover_id": uuid4(), "receiver_kind": kind, "service": "housing"}
        self.of_case(case, life.HandoverProposed, at, answer_due_at=at, **facts)
        told: dict[str, tuple[type[EventData], Record]] = {
            "accepted": (life.HandoverAccepted, {}),
            "declined": (life.HandoverDeclined, {"reason": "no_room", "back_to_support": True}),
            "confirmed": (life.HandoverConfirmed, {}),
            "failed": (life.HandoverFailed, {"reason": "other", "back_to_support": True}),
            "attached": (life.HandoverFollowedUp, {"days": 90, "attached": True}),
            "lost": (life.HandoverFollowedUp, {"days": 90, "attached": False}),
        }
        for step, days in steps:
            event, more = told[step]
            self.of_case(case, event, at + timedelta(days=days), **facts, **more)
        self.note("handovers", case=case, at=at, receiver=kind, steps=dict(steps))

    def come_back(self, case: Case, at: datetime) -> Case:
        """The client comes back without a new referral."""
        assert case.closed is not None
        again = self.begin(case.team, at, client=case.client, previous=case.id)
        told = {"previous_case": case.id, "previous_closed_at": case.closed}
        self.of_case(again, life.CaseReturned, at, **told)
        return again

    def path(self, case: Case, at: datetime, organisations: int, review: date) -> None:
        """A shared plan is made, and changed to what it is."""
        path, whose = uuid4(), {"client_ref": case.client, "case_id": case.id, "team": case.team}
        for version, count in ((1, organisations + 1), (2, organisations)):
            told = {"organisations": count, "roles": [], "next_review_on": review}
            self.tell(ServicePathChanged, path, version, occurred_at=at, **whose, **told)
        self.note("paths", case=case, at=at, organisations=organisations, review=review)

    def place(
        self, client: UUID, team: UUID, where: tuple[str, str, str], first: date, last: date | None
    ) -> None:
        """A client has a service, production and channel on some days."""
        placement, (service, production, channel) = uuid4(), where
        whose = {"client_ref": client, "team": team, "county": COUNTY}
        told = {"service_type": service, "production": production, "channel": channel}
        self.tell(CasePlaced, placement, 1, starts_on=first, **whose, **told)
        if last is not None:
            self.tell(PlacementEnded, placement, 2, ends_on=last, **whose)
        self.note("placements", client=client, where=where, first=first, last=last)

    def gap(self, team: UUID, at: datetime, kind: str, service: str, *, resolved: bool) -> None:
        """A service gap is reported, and resolved."""
        gap = uuid4()
        told = {"type": kind, "service": service, "municipality": MUNICIPALITY, "team": team}
        told |= {"county": COUNTY, "step": "entry"}
        self.tell(GapReported, gap, 1, occurred_at=at, status="reported", **told)
        if resolved:
            self.tell(GapResolved, gap, 2, occurred_at=at, status="resolved", **told)
        self.note("gaps", at=at, type=kind, service=service, resolved=resolved)

    def consent(
        self, client: UUID, direction: str, at: datetime, revoked: datetime | None = None
    ) -> None:
        """A consent is given, and revoked."""
        consent, whose = uuid4(), {"client_ref": client, "direction": direction}
        self.tell(ConsentGiven, consent, 1, valid_from=at, **whose)
        if revoked is not None:
            self.tell(ConsentRevoked, consent, 2, occurred_at=revoked, **whose)
        self.note("consents", direction=direction, at=at, revoked=revoked)

    def deny(self, client: UUID, at: datetime) -> None:
        """A client forbids every direction."""
        self.tell(ConsentDenied, uuid4(), 1, occurred_at=at, client_ref=client)
        self.note("denials", at=at)

    def team(self, team: UUID, workers: int) -> None:
        """A team with workers from the beginning on."""
        told: Record = {"county": COUNTY, "municipalities": [], "target_groups": []}
        told |= {"guidance_unit": False, "guideline_caseload": 18}
        self.tell(TeamChanged, team, 1, **told)
        for _ in range(workers):
            told = {"team": team, "profession": "social_worker", "employer_sector": "social"}
            self.tell(WorkerChanged, uuid4(), 1, capacity_points=18, **told)
        self.note("teams", team=team, workers=workers)
