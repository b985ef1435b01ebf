"""What belongs on a worker's list on a day, and in which order; pure.

First what is late, then what is due today, then the day's meetings; after these the handovers that
wait for somebody, what is to be asked of clients, and the clients of whom nothing was heard for
longer than agreed. A client whom nobody reached yet is not quiet: the contact clock runs for them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from services.caseload.deadlines.rules import is_assessment_late, is_contact_late
from services.caseload.handovers.rules import HandoverState
from shared.calendar import FINLAND, finnish_day, midnight_after
from shared.contracts.codes import VisitLocation


class Section(StrEnum):
    """The parts of the list, in its order."""

    OVERDUE = "overdue"
    DUE_TODAY = "due_today"
    VISITS_TODAY = "visits_today"
    HANDOVERS = "handovers"
    QUESTIONS = "questions"
    QUIET = "quiet"


class What(StrEnum):
    """What is to be done."""

    CONTACT = "contact"
    ASSESSMENT = "assessment"
    PATH_REVIEW = "path_review"
    FOLLOW_UP = "follow_up"
    VISIT_TO_RECORD = "visit_to_record"
    VISIT = "visit"
    HANDOVER_ANSWER = "handover_answer"
    JOINT_MEETING = "joint_meeting"
    HANDOVER_CONFIRMATION = "handover_confirmation"
    CONSENT_QUESTION = "consent_question"
    QUIET_CLIENT = "quiet_client"


@dataclass(frozen=True)
class Client:
    """Whose matter it is."""

    case: UUID
    client_ref: UUID


@dataclass(frozen=True)
class Open:
    """An open case of the worker. `reached` is when the client was last met or spoken to; a cadence
    allows so many `days_between`."""

    client: Client
    opened_at: datetime
    contact_due_at: datetime
    reached: datetime | None
    assessment_due_on: date | None
    is_assessed: bool
    consent_to_ask: bool
    days_between: int


@dataclass(frozen=True)
class Item:
    """One line of the list: by when or since when, and what its sentence tells beside. `about` is
    the visit or handover that it is about."""

    section: Section
    what: What
    client: Client
    about: UUID | None = None
    due_at: datetime | None = None
    due_on: date | None = None
    since: datetime | None = None
    days: int | None = None
    limit: int | None = None
    location: VisitLocation | None = None

    def place(self) -> tuple[int, datetime, UUID, str]:
        """Where in the list it stands: by section, then the earliest first."""
        due = self.due_at or (midnight_after(self.due_on) if self.due_on else None)
        when = due or self.since or datetime.max.replace(tzinfo=FINLAND)
        return (list(Section).index(self.section), when, self.client.case, self.what)


@dataclass(frozen=True)
class Day:
    """A moment, and the Finnish day that it is in."""

    now: datetime

    @property
    def date(self) -> date:
        """The day."""
        return finnish_day(self.now)

    @property
    def begins(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.date, time(), FINLAND)

    @property
    def ends(self) -> datetime:
        """The first moment of the next one."""
        return midnight_after(self.date)


def in_order(items: Iterable[Item]) -> list[Item]:
    """The list. Whom the worker meets today, or has met perhaps, is not called quiet beside."""
    found = list(items)
    met = {item.client for item in found if item.what in (What.VISIT, What.VISIT_TO_RECORD)}
    kept = [item for item in found if item.section != Section.QUIET or item.client not in met]
    return sorted(kept, key=Item.place)


def of_case(case: Open, day: Day) -> Iterator[Item]:
    """What an open case asks for."""
    if case.reached is None and case.contact_due_at < day.ends:
        late = is_contact_late(case.contact_due_at, day.now)
        section = Section.OVERDUE if late else Section.DUE_TODAY
        yield Item(section, What.CONTACT, case.client, due_at=case.contact_due_at)
    due_on = case.assessment_due_on
    if due_on is not None and not case.is_assessed and due_on <= day.date:
        late = is_assessment_late(due_on, day.now)
        section = Section.OVERDUE if late else Section.DUE_TODAY
        yield Item(section, What.ASSESSMENT, case.client, due_on=due_on)
    if case.consent_to_ask:
        question = What.CONSENT_QUESTION
        yield Item(Section.QUESTIONS, question, case.client, since=case.opened_at)
    yield from _quiet(case, day)


def _quiet(case: Open, day: Day) -> Iterator[Item]:
    if case.reached is None:
        return
    silent = (day.date - finnish_day(case.reached)).days
    if silent > case.days_between:
        yield Item(
            Section.QUIET,
            What.QUIET_CLIENT,
            case.client,
            since=case.reached,
            days=silent,
            limit=case.days_between,
        )


def of_visit(client: Client, visit: UUID, at: datetime, location: VisitLocation, day: Day) -> Item:
    """A booked visit of today; or of an earlier day, of which nobody wrote down what became."""
    past = at < day.begins
    section = Section.OVERDUE if past else Section.VISITS_TODAY
    what = What.VISIT_TO_RECORD if past else What.VISIT
    return Item(section, what, client, visit, due_at=at, location=location)


def of_handover(
    client: Client, handover: UUID, state: HandoverState, due_at: datetime, since: datetime
) -> Item:
    """A handover under way: whose answer, meeting or confirmation is waited for, `since` when."""
    section = Section.HANDOVERS
    if state == HandoverState.PROPOSED:
        return Item(section, What.HANDOVER_ANSWER, client, handover, due_at=due_at, since=since)
    accepted = state == HandoverState.ACCEPTED
    what = What.JOINT_MEETING if accepted else What.HANDOVER_CONFIRMATION
    return Item(section, what, client, handover, since=since)


def of_follow_up(client: Client, handover: UUID, days: int, due_at: datetime, day: Day) -> Item:
    """A question after a handover that is due by now."""
    section = Section.OVERDUE if due_at < day.begins else Section.DUE_TODAY
    return Item(section, What.FOLLOW_UP, client, handover, due_at=due_at, days=days)


def of_review(client: Client, due_on: date, day: Day) -> Item:
    """A shared plan whose review is due by today."""
    section = Section.OVERDUE if due_on < day.date else Section.DUE_TODAY
    return Item(section, What.PATH_REVIEW, client, due_on=due_on)
