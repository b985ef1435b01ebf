"""Queues messages when what a partner may see of its referral changes.

`async with telling(session, referrals): <change them>` compares the disclosure view before and
after, in the transaction of the change itself, whatever the change is: progress, a consent, who
the person is, the sender's own act.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.following.queries import seen_by
from services.referral.partners.rules import is_authority
from services.referral.tables import Partner, Referral, Webhook, WebhookDelivery
from services.referral.webhooks import rules
from services.referral.webhooks.rules import EventType, Shown, State
from shared import telemetry
from shared.clock import utc_now
from shared.contracts.codes import PartnerKind
from shared.ids import new_id


@dataclass
class Listener:
    """A partner, and its endpoints that want to be told."""

    partner: Partner
    webhook_ids: list[UUID] = field(default_factory=list)


@asynccontextmanager
async def telling(
    session: AsyncSession, referrals: Sequence[Referral], *, since: datetime | None = None
) -> AsyncIterator[None]:
    """Around a change: queues a message to each endpoint whose partner then sees another status.

    `since`: what changed is that consents began; the view before is by those of that moment. The
    referrals must be locked by the caller: messages of one referral go in the order of its
    changes. Costs one query where no partner listens.
    """
    listeners = await _listeners(session, {referral.partner_id for referral in referrals})
    sent = {
        partner_id: [referral for referral in referrals if referral.partner_id == partner_id]
        for partner_id in listeners
    }
    before = {
        partner_id: await shown_to(
            session, listeners[partner_id].partner, theirs, consents_at=since
        )
        for partner_id, theirs in sent.items()
    }
    yield
    for partner_id, theirs in sent.items():
        listener = listeners[partner_id]
        now = await shown_to(session, listener.partner, theirs)
        await _queue(session, listener, _changed(listener.partner, before[partner_id], now))


async def shown_to(
    session: AsyncSession,
    partner: Partner,
    referrals: Sequence[Referral],
    *,
    consents_at: datetime | None = None,
) -> dict[UUID, Shown]:
    """By referral, what a message would tell this partner just now, or by the consents of another
    moment."""
    seen = await seen_by(session, partner, referrals, consents_at=consents_at)
    return {key: Shown(view.status, view.business_status) for key, view in seen.items()}


def _changed(partner: Partner, before: dict[UUID, Shown], now: dict[UUID, Shown]) -> list[UUID]:
    authority = is_authority(PartnerKind(partner.kind))
    return [key for key in now if rules.changed(before[key], now[key], authority=authority)]


async def _listeners(session: AsyncSession, partner_ids: set[UUID]) -> dict[UUID, Listener]:
    listeners: dict[UUID, Listener] = {}
    if not partner_ids:
        return listeners
    rows = await session.execute(
        select(Partner, col(Webhook.id))
        .join(Webhook, col(Webhook.partner_id) == col(Partner.id))
        .where(
            col(Partner.id).in_(partner_ids),
            col(Webhook.enabled),
            col(Webhook.event_types).contains([EventType.STATUS_CHANGED]),
        )
    )
    for partner, webhook_id in rows:
        listeners.setdefault(partner.id, Listener(partner)).webhook_ids.append(webhook_id)
    return listeners


async def _queue(session: AsyncSession, listener: Listener, referral_ids: Sequence[UUID]) -> None:
    now = utc_now()
    trace = telemetry.carrier()
    rows = [
        {
            "id": new_id(),
            "webhook_id": webhook_id,
            "referral_id": referral_id,
            "event_type": EventType.STATUS_CHANGED,
            "state": State.PENDING,
            "due_at": now,
            "trace": trace,
            "created_at": now,
        }
        for referral_id in referral_ids
        for webhook_id in listener.webhook_ids
    ]
    if rows:
        await session.execute(insert(WebhookDelivery), rows)
