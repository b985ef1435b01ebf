"""Reading who waits, in the order in which room will be given; logged in the transaction."""

import base64
import struct
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import case, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.assignment.rules import BY_URGENCY
from services.caseload.assignment.schemas import PlaceView
from services.caseload.sight import in_sight
from services.caseload.tables import CaseReferral, WaitlistPlace
from shared import audit
from shared.auth import Caller
from shared.contracts.codes import Reason, Urgency
from shared.pagination import Page
from shared.problems import INVALID_CURSOR, Problem

Position = tuple[int, datetime, UUID]
_POSITION = struct.Struct(">Bq16s")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_RANK = case(
    {str(urgency): rank for rank, urgency in enumerate(BY_URGENCY)},
    value=col(WaitlistPlace.urgency),
)
_ORDER = (_RANK, col(WaitlistPlace.received_at), col(WaitlistPlace.id))


async def list_places(
    session: AsyncSession, caller: Caller, team: UUID | None, *, limit: int, cursor: str | None
) -> Page[PlaceView]:
    """A page of the line, first the next. Places for no team are an administrator's to see."""
    async with session.begin():
        conditions = [in_sight(caller, col(WaitlistPlace.team))]
        if team is not None:
            conditions.append(col(WaitlistPlace.team) == team)
        if cursor is not None:
            conditions.append(tuple_(*_ORDER) > tuple_(*_decode(cursor)))
        rows = (
            await session.scalars(
                select(WaitlistPlace).where(*conditions).order_by(*_ORDER).limit(limit + 1)
            )
        ).all()
        shown = rows[:limit]
        referrals = await _referrals(session, shown)
        await audit.record(session, caller, *map(_entry, shown))
        more = len(rows) > limit
        return Page(
            items=[_view(place, referrals[place.id]) for place in shown],
            next=_encode(shown[-1]) if more else None,
        )


async def _referrals(
    session: AsyncSession, places: Sequence[WaitlistPlace]
) -> dict[UUID, list[UUID]]:
    rows = await session.execute(
        select(col(CaseReferral.case_id), col(CaseReferral.referral_id))
        .where(col(CaseReferral.case_id).in_([place.id for place in places]))
        .order_by(col(CaseReferral.received_at), col(CaseReferral.referral_id))
    )
    referrals: dict[UUID, list[UUID]] = defaultdict(list)
    for case_id, referral_id in rows:
        referrals[case_id].append(referral_id)
    return referrals


def _encode(place: WaitlistPlace) -> str:
    """A cursor behind the place: its position, which does not need it to be there still."""
    rank = BY_URGENCY.index(Urgency(place.urgency))
    moment = (place.received_at - _EPOCH) // _MICROSECOND
    return base64.urlsafe_b64encode(_POSITION.pack(rank, moment, place.id.bytes)).decode()


def _decode(cursor: str) -> Position:
    try:
        rank, moment, place_id = _POSITION.unpack(base64.urlsafe_b64decode(cursor))
        return rank, _EPOCH + moment * _MICROSECOND, UUID(bytes=place_id)
    except (ValueError, OverflowError, struct.error):
        raise Problem(INVALID_CURSOR) from None


def _view(place: WaitlistPlace, referral_ids: list[UUID]) -> PlaceView:
    return PlaceView(
        id=place.id,
        client_ref=place.client_ref,
        team=place.team,
        referral_ids=referral_ids,
        municipality=place.municipality,
        urgency=Urgency(place.urgency),
        reasons=[Reason(reason) for reason in place.reasons],
        leaves_institution_on=place.leaves_institution_on,
        received_at=place.received_at,
        contact_due_at=place.contact_due_at,
    )


def _entry(place: WaitlistPlace) -> audit.Entry:
    return audit.Entry(
        "waitlist.read",
        "waitlist_place",
        subject_id=place.id,
        client_ref=place.client_ref,
        purpose="coordination",
    )
