"""Which deliveries are taken up next: due, first of their referral, and nobody else's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.referral.tables import Partner, Webhook, WebhookDelivery
from services.referral.webhooks.rules import PING, State

MOST_PER_ENDPOINT = 4
"""Messages on their way to one endpoint, so that one that hangs does not hold up all others."""


@dataclass(frozen=True)
class Claim:
    """A delivery in the hand of one sender, until its lease ends or its outcome is written."""

    delivery_id: UUID
    leased_until: datetime
    event_type: str
    attempt: int
    trace: dict[str, str]

    @classmethod
    def of(cls, delivery: WebhookDelivery) -> Self:
        """The claim of who has leased this delivery."""
        return cls(
            delivery.id,
            delivery.leased_until or delivery.due_at,
            delivery.event_type,
            delivery.attempts,
            delivery.trace,
        )


def in_hand(claim: Claim) -> ColumnElement[bool]:
    """Whether the delivery is still in this claim's hand: nobody took it over or gave it up."""
    return and_(
        col(WebhookDelivery.id) == claim.delivery_id,
        col(WebhookDelivery.leased_until) == claim.leased_until,
        col(WebhookDelivery.state) == State.PENDING,
    )


async def take(session: AsyncSession, limit: int, lease: timedelta) -> Sequence[Claim]:
    """Claims up to so many deliveries in the open transaction, the longest due first.

    Of one endpoint and referral only the first that waits is taken: the next waits until it has
    succeeded or was given up.
    """
    chosen = (await session.scalars(_next(limit))).all()
    if not chosen:
        return ()
    taken = await session.scalars(
        update(WebhookDelivery)
        .where(col(WebhookDelivery.id).in_(chosen))
        .values(
            attempts=col(WebhookDelivery.attempts) + 1,
            leased_until=func.clock_timestamp() + lease,
        )
        .returning(WebhookDelivery)
    )
    return [Claim.of(delivery) for delivery in taken]


async def let_go(session: AsyncSession, claim: Claim) -> None:
    """Gives a claim back: the delivery is due again at once, and the try that was broken off does
    not count."""
    await session.execute(
        update(WebhookDelivery)
        .where(in_hand(claim))
        .values(leased_until=None, attempts=col(WebhookDelivery.attempts) - 1)
    )


def sendable() -> ColumnElement[bool]:
    """Deliveries (joined with their endpoint and partner) that may go out at all. A suspended
    partner's wait."""
    return and_(
        col(WebhookDelivery.state) == State.PENDING,
        or_(col(Webhook.enabled), col(WebhookDelivery.event_type) == PING),
        col(Partner.suspended).is_(False),
    )


def _next(limit: int) -> Select[UUID]:
    """Ids of the chosen rows, locked; what another process is just claiming is passed over."""
    ready, busy = _ready(), _busy()
    chosen = (
        select(ready.c.id)
        .outerjoin(busy, busy.c.webhook_id == ready.c.webhook_id)
        .where(ready.c.nth + func.coalesce(busy.c.tries, 0) <= MOST_PER_ENDPOINT)
        .order_by(ready.c.due_at)
        .limit(limit)
    )
    return (
        select(col(WebhookDelivery.id))
        .where(
            col(WebhookDelivery.id).in_(chosen),
            col(WebhookDelivery.state) == State.PENDING,
            col(WebhookDelivery.due_at) <= func.now(),
            _free(),
        )
        .with_for_update(skip_locked=True)
    )


def _ready() -> Subquery:
    """What could be sent now, numbered per endpoint."""
    return (
        select(
            col(WebhookDelivery.id),
            col(WebhookDelivery.webhook_id),
            col(WebhookDelivery.due_at),
            func.row_number()
            .over(
                partition_by=col(WebhookDelivery.webhook_id),
                order_by=(col(WebhookDelivery.due_at), col(WebhookDelivery.id)),
            )
            .label("nth"),
        )
        .join(Webhook, col(Webhook.id) == col(WebhookDelivery.webhook_id))
        .join(Partner, col(Partner.id) == col(Webhook.partner_id))
        .where(sendable(), col(WebhookDelivery.due_at) <= func.now(), _free(), _first())
        .subquery()
    )


def _busy() -> Subquery:
    """How many tries are on their way, by endpoint."""
    return (
        select(col(WebhookDelivery.webhook_id), func.count().label("tries"))
        .where(
            col(WebhookDelivery.state) == State.PENDING,
            col(WebhookDelivery.leased_until) > func.now(),
        )
        .group_by(col(WebhookDelivery.webhook_id))
        .subquery()
    )


def _free() -> ColumnElement[bool]:
    """Nobody has it in hand, or who had it is gone."""
    leased_until = col(WebhookDelivery.leased_until)
    return or_(leased_until.is_(None), leased_until <= func.now())


def _first() -> ColumnElement[bool]:
    """Nothing earlier of the same endpoint and referral still waits."""
    earlier = aliased(WebhookDelivery)
    return ~exists().where(
        col(earlier.webhook_id) == col(WebhookDelivery.webhook_id),
        col(earlier.referral_id) == col(WebhookDelivery.referral_id),
        col(earlier.state) == State.PENDING,
        col(earlier.seq) < col(WebhookDelivery.seq),
    )
