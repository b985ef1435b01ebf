"""Gathering a worker's list: as many statements however many clients; whose matters are shown is
logged in the transaction."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import ScalarSelect, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.handovers.rules import UNDER_WAY, HandoverState
from services.caseload.sight import in_sight
from services.caseload.tables import (
    Case,
    CaseClock,
    CaseLife,
    CaseWorker,
    ContactAttempt,
    Handover,
    HandoverFollowUp,
    ServicePath,
    Visit,
    Worker,
)
from services.caseload.visits.rules import VisitState
from services.caseload.worklist import rules, wording
from services.caseload.worklist.rules import Client, Day, Item, Section
from services.caseload.worklist.schemas import ItemView, WorklistView
from shared import audit
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import CaseStatus, ContactOutcome, VisitLocation
from shared.problems import NOT_A_WORKER, NOT_FOUND, Problem


async def read_worklist(
    session: AsyncSession,
    caller: Caller,
    worker: UUID | None,
    *,
    quiet_days: int,
    limit: int,
    language: str,
) -> WorklistView:
    """The list of the caller, or of another worker in sight. Raises `not_a_worker` for a caller
    who is none and names none, and `not_found`."""
    worker_id = worker or _own_id(caller)
    async with session.begin():
        await _check_sight(session, caller, worker_id)
        gathering = Gathering(session, caller, worker_id, Day(utc_now()), quiet_days)
        items = rules.in_order([item async for item in gathering.items()])
        shown = items[:limit]
        await audit.record(session, caller, *_entries(shown))
        counts = Counter(item.section for item in items)
        return WorklistView(
            as_of=gathering.day.now,
            worker=worker_id,
            counts={section: counts[section] for section in Section},
            items=[_view(item, language) for item in shown],
        )


def _own_id(caller: Caller) -> UUID:
    try:
        return UUID(caller.worker or "")
    except ValueError:
        raise Problem(NOT_A_WORKER) from None


async def _check_sight(session: AsyncSession, caller: Caller, worker_id: UUID) -> None:
    found = select(col(Worker.id)).where(
        col(Worker.id) == worker_id, in_sight(caller, col(Worker.team))
    )
    if await session.scalar(found) is None:
        raise Problem(NOT_FOUND)


class Gathering:
    """What waits for one worker, of the cases that the caller may see."""

    def __init__(
        self, session: AsyncSession, caller: Caller, worker: UUID, day: Day, quiet_days: int
    ) -> None:
        self.day = day
        self._session = session
        self._worker = worker
        self._quiet_days = quiet_days
        self._sight = in_sight(caller, col(Case.team))
        self._own = exists().where(
            col(CaseWorker.case_id) == col(Case.id), col(CaseWorker.worker_id) == worker
        )
        self._open = col(Case.status) != CaseStatus.CLOSED

    async def items(self) -> AsyncIterator[Item]:
        """Everything, in no order yet."""
        for gather in (self._cases, self._visits, self._handovers, self._follow_ups, self._reviews):
            for item in await gather():
                yield item

    async def _cases(self) -> list[Item]:
        rows = await self._session.execute(
            select(Case, CaseLife, CaseClock, _last_contact(), _last_visit())
            .outerjoin(CaseLife, col(CaseLife.case_id) == col(Case.id))
            .outerjoin(CaseClock, col(CaseClock.case_id) == col(Case.id))
            .where(self._own, self._sight, self._open)
        )
        return [
            item
            for case, life, clock, contact, visit in rows
            for item in rules.of_case(
                self._open_case(case, life, clock, [contact, visit]), self.day
            )
        ]

    def _open_case(
        self,
        case: Case,
        life: CaseLife | None,
        clock: CaseClock | None,
        heard: list[datetime | None],
    ) -> rules.Open:
        life = life or CaseLife(case_id=case.id)
        return rules.Open(
            client=Client(case.id, case.client_ref),
            opened_at=case.opened_at,
            contact_due_at=case.contact_due_at,
            reached=max(filter(None, [case.contacted_at, *heard]), default=None),
            assessment_due_on=clock.assessment_due_on if clock else None,
            is_assessed=life.assessment_started_at is not None,
            consent_to_ask=life.consent_to_ask,
            days_between=life.days_between_visits or self._quiet_days,
        )

    async def _visits(self) -> list[Item]:
        """Those that the worker takes part in, also with a colleague's client."""
        rows = await self._session.execute(
            select(col(Case.id), col(Case.client_ref), Visit)
            .join(Visit, col(Visit.case_id) == col(Case.id))
            .where(
                self._sight,
                col(Visit.state) == VisitState.BOOKED,
                col(Visit.at) < self.day.ends,
                col(Visit.workers).contains([str(self._worker)]),
            )
        )
        return [
            rules.of_visit(
                Client(case, client), visit.id, visit.at, VisitLocation(visit.location), self.day
            )
            for case, client, visit in rows
        ]

    async def _handovers(self) -> list[Item]:
        rows = await self._session.execute(
            select(col(Case.id), col(Case.client_ref), Handover)
            .join(Handover, col(Handover.case_id) == col(Case.id))
            .where(self._own, self._sight, col(Handover.state).in_(UNDER_WAY))
        )
        return [
            rules.of_handover(
                Client(case, client),
                handover.id,
                HandoverState(handover.state),
                handover.answer_due_at,
                handover.joint_meeting_at or handover.answered_at or handover.proposed_at,
            )
            for case, client, handover in rows
        ]

    async def _follow_ups(self) -> list[Item]:
        """Also of cases that are closed, as most are by then."""
        rows = await self._session.execute(
            select(col(Case.id), col(Case.client_ref), HandoverFollowUp)
            .join(Handover, col(Handover.case_id) == col(Case.id))
            .join(HandoverFollowUp, col(HandoverFollowUp.handover_id) == col(Handover.id))
            .where(
                self._own,
                self._sight,
                col(HandoverFollowUp.done_at).is_(None),
                col(HandoverFollowUp.due_at) <= self.day.now,
            )
        )
        return [
            rules.of_follow_up(
                Client(case, client), asked.handover_id, asked.days, asked.due_at, self.day
            )
            for case, client, asked in rows
        ]

    async def _reviews(self) -> list[Item]:
        rows = await self._session.execute(
            select(col(Case.id), col(Case.client_ref), col(ServicePath.next_review_on))
            .join(ServicePath, col(ServicePath.case_id) == col(Case.id))
            .where(
                self._own,
                self._sight,
                self._open,
                col(ServicePath.next_review_on) <= self.day.date,
            )
        )
        return [
            rules.of_review(Client(case, client), due_on, self.day) for case, client, due_on in rows
        ]


def _last_contact() -> ScalarSelect[datetime]:
    """When the client of a case was last spoken to."""
    return (
        select(func.max(col(ContactAttempt.at)))
        .where(
            col(ContactAttempt.case_id) == col(Case.id),
            col(ContactAttempt.outcome) == ContactOutcome.REACHED,
        )
        .scalar_subquery()
    )


def _last_visit() -> ScalarSelect[datetime | None]:
    """When the client of a case was last met."""
    return (
        select(func.max(col(Visit.held_at)))
        .where(col(Visit.case_id) == col(Case.id))
        .scalar_subquery()
    )


def _entries(items: list[Item]) -> list[audit.Entry]:
    clients = dict.fromkeys(item.client for item in items)
    return [
        audit.Entry("case.read", "case", client.case, client.client_ref, purpose="care")
        for client in clients
    ]


def _view(item: Item, language: str) -> ItemView:
    return ItemView(
        section=item.section,
        what=item.what,
        case=item.client.case,
        client_ref=item.client.client_ref,
        about=item.about,
        due_at=item.due_at,
        due_on=item.due_on,
        since=item.since,
        text=wording.sentence(item, language),
    )
