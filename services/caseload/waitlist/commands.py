"""A lead moves a client in line, with a reason. The order of everybody else stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload import reasons
from services.caseload.anonymity import refuse_identifying
from services.caseload.assignment.queries import lock_teams
from services.caseload.references import refusal
from services.caseload.sight import in_sight
from services.caseload.tables import WaitlistPlace
from services.caseload.waitlist import queries
from services.caseload.waitlist.places import kept, standing
from services.caseload.waitlist.rules import moved_before, priority
from services.caseload.waitlist.schemas import MoveBody
from shared import audit, telemetry
from shared.auth import Caller
from shared.clock import utc_now
from shared.crypto import BlindIndex, FieldCipher
from shared.idempotency import Answer, once, request_key
from shared.problems import NOT_FOUND, Problem


@dataclass(frozen=True)
class Move:
    """A request to move a place: who asks, which one, their key and language."""

    caller: Caller
    place_id: UUID
    idempotency_key: str | None
    language: str


async def move(
    session: AsyncSession, cipher: FieldCipher, index: BlindIndex, wish: Move, body: MoveBody
) -> Answer:
    """Moves the place before another of the same line, or to the front.

    The place then ages as the one whose position it has. Raises `not_found`, and
    `validation_failed` when `before` is not in the line.
    """
    refuse_identifying("/reason", body.reason)
    request = request_key(
        index,
        caller=wish.caller.client_id,
        key=wish.idempotency_key,
        operation=f"POST /v1/waitlist/{wish.place_id}/move",
        body=body.model_dump(mode="json"),
    )

    async def work() -> Answer:
        now = utc_now()
        line = await _locked_line(session, wish, now)
        place = next((place for place in line if place.id == wish.place_id), None)
        if place is None:
            raise Problem(NOT_FOUND)
        telemetry.tag(case_id=str(place.id))
        _stand(place, line, body.before, now)
        act = reasons.Act.MOVE_IN_LINE
        await reasons.keep(session, cipher, place.id, act, body.reason, now)
        line.sort(key=lambda place: priority(standing(place), now))
        view = await queries.view_of(session, cipher, place, line, now, wish.language)
        await session.flush()
        await audit.record(session, wish.caller, queries.entry("waitlist.move", place))
        return Answer(200, view.model_dump(mode="json"), {"Content-Language": wish.language})

    async with session.begin():
        return await once(session, request, work)


async def _locked_line(session: AsyncSession, wish: Move, now: datetime) -> list[WaitlistPlace]:
    """The line of the place's team in order, which nobody else changes until the commit."""
    team = await session.scalar(
        select(col(WaitlistPlace.team)).where(
            col(WaitlistPlace.id) == wish.place_id, in_sight(wish.caller, col(WaitlistPlace.team))
        )
    )
    await lock_teams(session, [team] if team else [])
    places = await session.scalars(
        select(WaitlistPlace)
        .where(col(WaitlistPlace.team).is_not_distinct_from(team))
        .where(in_sight(wish.caller, col(WaitlistPlace.team)))
        .order_by(col(WaitlistPlace.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return sorted(places, key=lambda place: priority(standing(place), now))


def _stand(
    place: WaitlistPlace, line: Sequence[WaitlistPlace], before: UUID | None, now: datetime
) -> None:
    others = [other for other in line if other.id != place.id]
    target = next((other for other in others if before in (None, other.id)), None)
    if target is not None:
        rest = [standing(other) for other in others if other.id != target.id]
        place.stands_as = kept(moved_before(standing(place), standing(target), rest, now))
    elif before is not None:
        raise refusal("/before", "place_unknown", "there is no such other place in the same line")
