"""Teams with their loads, under lock, and what is known of a client's case or place in line."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import starmap
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment.choosing import Colleague, Need, sector_of, share_of_week
from services.caseload.assignment.rules import Pause, Room
from services.caseload.settings import case_weights
from services.caseload.tables import (
    Absence,
    Case,
    CaseReferral,
    CaseWorker,
    IntakeRule,
    Team,
    WaitlistPlace,
    Worker,
)
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.contracts.codes import (
    AgeGroup,
    CaseStatus,
    IntakeState,
    PartnerKind,
    Profession,
    Reason,
    RedirectReason,
    Sector,
)
from shared.contracts.municipalities import county_of
from shared.statements import Prepared
from shared.tables import Moment


def _locking(condition: ColumnElement[bool]) -> Select[Any]:
    """In the order of ids, so that no two transactions wait for each other; FOR NO KEY UPDATE,
    which excludes its like but lets rows that refer to the team be written."""
    return (
        select(Team)
        .where(condition)
        .order_by(col(Team.id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def _that_may_take() -> ColumnElement[bool]:
    asked = or_(
        col(Team.municipalities).contains(bindparam("municipalities", type_=JSONB)),
        and_(col(Team.guidance_unit), col(Team.county) == bindparam("county", type_=String)),
        col(Team.id) == bindparam("wished_team", type_=Uuid),
    )
    instead = (
        select(col(IntakeRule.redirect_to))
        .join(Team, col(Team.id) == col(IntakeRule.team))
        .where(asked, col(IntakeRule.partner_kind) == bindparam("source_kind", type_=String))
    )
    return or_(asked, col(Team.id).in_(instead))


_TEAMS = _locking(col(Team.id) == any_(bindparam("ids", type_=ARRAY(Uuid))))
_TEAMS_THAT_MAY_TAKE = _locking(_that_may_take())


async def lock_teams(session: AsyncSession, team_ids: Collection[UUID]) -> dict[UUID, Team]:
    """The teams, locked until the commit: nobody else changes their workers' loads meanwhile."""
    rows = await session.scalars(_TEAMS, {"ids": list(team_ids)})
    return {team.id: team for team in rows}


async def lock_teams_for(session: AsyncSession, need: Need) -> dict[UUID, Team]:
    """Like `lock_teams`, those that a decision on this client has to look at."""
    asked = {
        "municipalities": [need.municipality],
        "county": county_of(need.municipality),
        "wished_team": need.wished_team,
        "source_kind": need.source_kind,
    }
    rows = await session.scalars(_TEAMS_THAT_MAY_TAKE, asked)
    return {team.id: team for team in rows}


async def rooms_of(
    session: AsyncSession, teams: Iterable[Team], *, now: datetime | None = None
) -> list[Room]:
    """The teams with their workers' loads; true until the commit if the teams are locked."""
    now = now or utc_now()
    teams = list(teams)
    team_ids = [team.id for team in teams]
    workers: dict[UUID, list[Colleague]] = defaultdict(list)
    today = now.astimezone(FINLAND).date()
    for worker in starmap(_Load, await _loads()(session, teams=team_ids, day=today)):
        workers[worker.team].append(_colleague(worker))
    pauses = await _pauses(session, team_ids, now)
    return [
        Room(
            id=team.id,
            county=team.county,
            municipalities=frozenset(team.municipalities),
            target_groups=frozenset(team.target_groups),
            guidance_unit=team.guidance_unit,
            workers=tuple(workers[team.id]),
            pauses=tuple(pauses[team.id]),
        )
        for team in teams
    ]


def is_paused(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether an intake rule keeps its source out at a moment; a pause ends by itself."""
    until = col(IntakeRule.until)
    return and_(col(IntakeRule.state) == IntakeState.PAUSED, or_(until.is_(None), until > now))


def _is_absent(day: ColumnElement[date]) -> ColumnElement[bool]:
    return (
        select(col(Absence.id))
        .where(
            col(Absence.worker_id) == col(Worker.id),
            col(Absence.cancelled_at).is_(None),
            col(Absence.from_day) <= day,
            col(Absence.to_day) >= day,
        )
        .exists()
    )


class _Load(NamedTuple):
    """A worker with their open cases, as the database has them."""

    team: UUID
    id: UUID
    profession: str
    employer_sector: str
    competences: list[str]
    languages: list[str]
    capacity_points: int
    working_days: list[int]
    absent: bool
    open_cases: int
    load: Decimal


@cache
def _loads() -> Prepared:
    # The few open cases are counted first: a team's past is long.
    weights = {str(status): weight for status, weight in case_weights().items()}
    weight = case(weights, value=col(Case.status), else_=0)
    open_work = (
        select(
            col(CaseWorker.worker_id),
            func.count().label("open_cases"),
            func.sum(weight).label("load"),
        )
        .join(Case, col(Case.id) == col(CaseWorker.case_id))
        .where(col(Case.status) != CaseStatus.CLOSED)
        .group_by(col(CaseWorker.worker_id))
        .subquery()
    )
    return Prepared(
        select(
            col(Worker.team),
            col(Worker.id),
            col(Worker.profession),
            col(Worker.employer_sector),
            col(Worker.competences),
            col(Worker.languages),
            col(Worker.capacity_points),
            col(Worker.working_days),
            _is_absent(bindparam("day", type_=Date)),
            func.coalesce(open_work.c.open_cases, 0),
            func.coalesce(open_work.c.load, 0),
        )
        .outerjoin(open_work, open_work.c.worker_id == col(Worker.id))
        .where(col(Worker.team) == any_(bindparam("teams", type_=ARRAY(Uuid))))
        .order_by(col(Worker.id))
    )


def _colleague(worker: _Load) -> Colleague:
    week = share_of_week(worker.working_days)
    return Colleague(
        id=worker.id,
        sector=sector_of(Profession(worker.profession), Sector(worker.employer_sector)),
        languages=tuple(worker.languages),
        capacity=worker.capacity_points * week,
        load=worker.load,
        open_cases=worker.open_cases,
        competences=frozenset(worker.competences),
        absent=worker.absent,
        week=week,
    )


_PAUSES = Prepared(
    select(col(IntakeRule.team), col(IntakeRule.partner_kind), col(IntakeRule.redirect_to))
    .where(
        col(IntakeRule.team) == any_(bindparam("teams", type_=ARRAY(Uuid))),
        is_paused(bindparam("now", type_=Moment)),
    )
    .order_by(col(IntakeRule.partner_kind))
)


async def _pauses(
    session: AsyncSession, team_ids: Sequence[UUID], now: datetime
) -> dict[UUID, list[Pause]]:
    pauses: dict[UUID, list[Pause]] = defaultdict(list)
    for team, kind, redirect_to in await _PAUSES(session, teams=team_ids, now=now):
        pauses[team].append(Pause(PartnerKind(kind), redirect_to))
    return pauses


def _locking_first(model: type[Case | WaitlistPlace], *conditions: ColumnElement[bool]) -> Prepared:
    """One of some refs, locked; of several that of a certain ref, then the oldest."""
    ref = col(model.client_ref)
    return Prepared(
        select(col(model.id))
        .where(ref == any_(bindparam("refs", type_=ARRAY(Uuid))), *conditions)
        .order_by(ref != bindparam("ref", type_=Uuid), col(model.id))
        .limit(1)
        .with_for_update()
    )


_PLACE = _locking_first(WaitlistPlace)
_OPEN_CASE = _locking_first(Case, col(Case.status) != CaseStatus.CLOSED)


async def place_of(
    session: AsyncSession, client_ref: UUID, refs: Collection[UUID]
) -> WaitlistPlace | None:
    """The person's place in line, locked; of several that of this ref, then the oldest."""
    found = await _PLACE(session, ref=client_ref, refs=list(refs))
    return await session.get(WaitlistPlace, found[0][0]) if found else None


async def open_case_of(
    session: AsyncSession, client_ref: UUID, refs: Collection[UUID]
) -> Case | None:
    """The person's open case, locked; of several that of this ref, then the oldest."""
    found = await _OPEN_CASE(session, ref=client_ref, refs=list(refs))
    return await session.get(Case, found[0][0]) if found else None


_ANSWERING = Prepared(
    select(col(CaseReferral.case_id))
    .where(col(CaseReferral.referral_id) == bindparam("referral_id", type_=Uuid))
    .limit(1)
)


async def is_answered(session: AsyncSession, referral_id: UUID) -> bool:
    """Whether a case or a place answers the referral already."""
    return bool(await _ANSWERING(session, referral_id=referral_id))


async def referrals_of(session: AsyncSession, case_id: UUID) -> list[CaseReferral]:
    """The referrals that a case or place answers; the first began it."""
    rows = await session.scalars(
        select(CaseReferral)
        .where(col(CaseReferral.case_id) == case_id)
        .order_by(col(CaseReferral.received_at), col(CaseReferral.referral_id))
    )
    return list(rows)


def need_of(place: WaitlistPlace) -> Need:
    """What a client in line needs."""
    return Need(
        municipality=place.municipality,
        age_group=AgeGroup(place.age_group),
        reasons=frozenset(Reason(reason) for reason in place.reasons),
        language=place.language,
        wished_team=place.wished_team,
        source_kind=PartnerKind(place.source_kind) if place.source_kind else None,
        redirect_reason=RedirectReason(place.redirect_reason) if place.redirect_reason else None,
        earlier_workers=frozenset(map(UUID, place.earlier_workers)),
        weight=new_weight(),
    )


def new_weight() -> Decimal:
    """How many points a case takes when it begins."""
    return case_weights()[CaseStatus.ASSIGNED]
