"""A past case as rows and events: the same events as those of a case worked here, with the days
of then. A case of the past was accepted somewhere, so it begins with its assignment; no worker is
named, and its client counts as reached since it was opened."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.caseload.imports import rules
from services.caseload.imports.rules import VisitOutcome
from services.caseload.imports.schemas import PastCase, PastVisit
from services.caseload.placements import telling as placements
from services.caseload.placements.commands import new_row
from services.caseload.tables import Team
from services.caseload.visits.rules import VisitState
from shared import outbox
from shared.calendar import noon_of
from shared.contracts.base import EventData
from shared.contracts.case_life import VisitBooked, VisitCancelled, VisitEvent, VisitKept
from shared.contracts.caseload import CaseAssigned, CaseClosed, CaseEvent
from shared.contracts.codes import CaseStatus, ClosingReason, Urgency
from shared.ids import id_as_of

Row = dict[str, Any]

_STATES = {VisitOutcome.KEPT: VisitState.KEPT, VisitOutcome.CANCELLED: VisitState.CANCELLED}
_EVENTS: dict[VisitOutcome, type[VisitEvent]] = {
    VisitOutcome.KEPT: VisitKept,
    VisitOutcome.CANCELLED: VisitCancelled,
}


@dataclass
class History:
    """What one past case becomes. Events are in the order in which they happened."""

    past: PastCase
    team: Team
    client_ref: UUID
    case_id: UUID
    version: int = 0
    visits: list[Row] = field(default_factory=list)
    placements: list[Row] = field(default_factory=list)
    _happened: list[tuple[date, EventData]] = field(default_factory=list)

    def case_row(self) -> Row:
        """The row of the case."""
        past, opened_at = self.past, noon_of(self.past.opened_on)
        is_closed = past.closed_on is not None
        return {
            "id": self.case_id,
            "client_ref": self.client_ref,
            "team": self.team.id,
            "status": CaseStatus.CLOSED if is_closed else CaseStatus.SUPPORT,
            "county": self.team.county,
            "municipality": past.municipality,
            "urgency": Urgency.ROUTINE,
            "opened_at": opened_at,
            "contact_due_at": opened_at,
            "attempts": 0,
            "contacted_at": opened_at,
            "closed_at": noon_of(past.closed_on) if past.closed_on else None,
            "closing_reason": self._closing_reason() if is_closed else None,
            "alternative_service": past.alternative_service,
            "version": self.version,
        }

    def messages(self, now: datetime) -> Iterator[outbox.Message]:
        """The events as messages that are made now."""
        for _, event in sorted(self._happened, key=lambda each: each[0]):
            yield outbox.message(event, key=self.client_ref, event_id=id_as_of(now))

    def tell(self) -> None:
        """Gathers everything that happened. Sorting by day is stable, so that of one day the
        assignment stays first, and the versions of the case in order."""
        self._tell_assigned()
        self._tell_placements()
        for visit in sorted(self.past.visits, key=lambda each: each.on):
            self._tell_visit(visit)
        if self.past.closed_on is not None:
            self._tell_closed(self.past.closed_on)

    def _tell_assigned(self) -> None:
        past, opened_at = self.past, noon_of(self.past.opened_on)
        is_open = past.closed_on is None
        self._add(
            CaseAssigned,
            past.opened_on,
            workers=(),
            opened_at=opened_at,
            contact_due_at=opened_at,
            county=self.team.county,
            municipality=past.municipality,
            source_kind=past.source_kind,
            age_group=rules.age_group(past.birth_year, past.opened_on),
            status=CaseStatus.SUPPORT,
            alternative_service=past.alternative_service if is_open else None,
        )

    def _tell_placements(self) -> None:
        for facts in self.past.placements:
            begun = noon_of(facts.starts_on)
            row = new_row(
                facts,
                placement_id=id_as_of(begun),
                client_ref=self.client_ref,
                case_id=self.case_id,
                team=self.team.id,
            )
            self.placements.append(row)
            county = self.team.county
            self._happened.append((facts.starts_on, placements.begun(row, county, begun)))
            if facts.ends_on is not None:
                ended = placements.ended(row, county, noon_of(facts.ends_on))
                self._happened.append((facts.ends_on, ended))

    def _tell_visit(self, visit: PastVisit) -> None:
        at = noon_of(visit.on)
        row = _visit_row(self.case_id, visit, at)
        self.visits.append(row)
        facts = {
            "visit_id": row["id"],
            "scheduled_at": at,
            "location": visit.location,
            "workers": (),
            "professions": (),
        }
        self._add(VisitBooked, visit.on, **facts)
        self._add(_EVENTS[visit.status], visit.on, **facts)

    def _tell_closed(self, closed_on: date) -> None:
        self._add(
            CaseClosed,
            closed_on,
            reason=self._closing_reason(),
            closed_at=noon_of(closed_on),
            alternative_service=self.past.alternative_service,
        )

    def _closing_reason(self) -> ClosingReason:
        return self.past.closing_reason or ClosingReason.OTHER

    def _add(self, event: type[CaseEvent], on: date, **facts: Any) -> None:
        self.version += 1
        common = {
            "aggregate_id": self.case_id,
            "version": self.version,
            "occurred_at": noon_of(on),
            "client_ref": self.client_ref,
            "referral_ids": (),
            "team": self.team.id,
        }
        self._happened.append((on, event.model_validate(common | facts)))


def history_of(past: PastCase, team: Team, client_ref: UUID) -> History:
    """The case, with an id of its own time, so that lists show it in its place."""
    case_id = id_as_of(noon_of(past.opened_on))
    history = History(past, team, client_ref, case_id)
    history.tell()
    return history


def _visit_row(case_id: UUID, visit: PastVisit, at: datetime) -> Row:
    was_kept = visit.status == VisitOutcome.KEPT
    return {
        "id": id_as_of(at),
        "case_id": case_id,
        "at": at,
        "location": visit.location,
        "workers": [],
        "professions": [],
        "state": _STATES[visit.status],
        "booked_at": at,
        "held_at": at if was_kept else None,
        "cancelled_at": None if was_kept else at,
        "cancelled_by": None,
        "cancel_reason": None,
    }
