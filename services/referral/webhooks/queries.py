"""Whose endpoints a caller may see, and the log of what was sent to them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.following.queries import entry
from services.referral.partners.queries import get_partner, partner_of
from services.referral.partners.rules import is_authority
from services.referral.tables import Partner, Referral, Webhook, WebhookDelivery
from services.referral.webhooks.rules import PING
from services.referral.webhooks.schemas import DeliveryView, WebhookView
from shared import audit
from shared.auth import Caller
from shared.contracts.codes import PartnerKind
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem

ADMIN_SCOPE = "partners:admin"
OWN_SCOPE = "webhooks:write"


async def visible_partner(session: AsyncSession, caller: Caller, partner_id: UUID) -> Partner:
    """The partner whose endpoints the caller may handle: any for an administrator, for a partner
    itself alone. Raises `not_found`, `not_a_partner` and `partner_suspended`."""
    if ADMIN_SCOPE in caller.scopes:
        return await get_partner(session, partner_id)
    partner = await partner_of(session, caller)
    if partner.id != partner_id:
        raise Problem(NOT_FOUND)
    return partner


async def visible_webhook(
    session: AsyncSession,
    caller: Caller,
    partner_id: UUID,
    webhook_id: UUID,
    *,
    for_change: bool = False,
) -> tuple[Partner, Webhook]:
    """An endpoint of that partner's, locked when it is to be changed. Raises `not_found`."""
    partner = await visible_partner(session, caller, partner_id)
    wanted = select(Webhook).where(
        col(Webhook.id) == webhook_id, col(Webhook.partner_id) == partner.id
    )
    if for_change:
        wanted = wanted.with_for_update(key_share=True)
    webhook: Webhook | None = await session.scalar(wanted)
    if webhook is None:
        raise Problem(NOT_FOUND)
    return partner, webhook


async def read_webhook(
    session: AsyncSession, caller: Caller, partner_id: UUID, webhook_id: UUID
) -> Webhook:
    """One endpoint."""
    async with session.begin():
        _, webhook = await visible_webhook(session, caller, partner_id, webhook_id)
        return webhook


async def list_webhooks(
    session: AsyncSession, caller: Caller, partner_id: UUID, *, limit: int, cursor: str | None
) -> Page[WebhookView]:
    """A page of the partner's endpoints, newest first."""
    async with session.begin():
        partner = await visible_partner(session, caller, partner_id)
        behind = decode_cursor(cursor)
        rows = await session.scalars(
            select(Webhook)
            .where(
                col(Webhook.partner_id) == partner.id,
                true() if behind is None else col(Webhook.id) < behind,
            )
            .order_by(col(Webhook.id).desc())
            .limit(limit + 1)
        )
        return page_of(rows.all(), limit, lambda row: row.id, WebhookView.of)


async def read_delivery(
    session: AsyncSession, caller: Caller, partner_id: UUID, webhook_id: UUID, delivery_id: UUID
) -> DeliveryView:
    """One line of the log."""
    async with session.begin():
        partner, webhook = await visible_webhook(session, caller, partner_id, webhook_id)
        delivery = await session.scalar(
            select(WebhookDelivery)
            .where(
                col(WebhookDelivery.id) == delivery_id,
                col(WebhookDelivery.webhook_id) == webhook.id,
                in_the_log_of(partner),
            )
            .execution_options(populate_existing=True)
        )
        if delivery is None:
            raise Problem(NOT_FOUND)
        return DeliveryView.of(delivery)


async def list_deliveries(
    session: AsyncSession,
    caller: Caller,
    partner_id: UUID,
    webhook_id: UUID,
    *,
    limit: int,
    cursor: str | None,
) -> Page[DeliveryView]:
    """A page of an endpoint's delivery log, newest first."""
    async with session.begin():
        partner, webhook = await visible_webhook(session, caller, partner_id, webhook_id)
        behind = decode_cursor(cursor)
        found = await session.scalars(
            select(WebhookDelivery)
            .where(
                col(WebhookDelivery.webhook_id) == webhook.id,
                in_the_log_of(partner),
                true() if behind is None else col(WebhookDelivery.id) < behind,
            )
            .order_by(col(WebhookDelivery.id).desc())
            .limit(limit + 1)
        )
        rows = found.all()
        looks = [audit.Entry("webhook.read-log", "webhook", subject_id=webhook.id)]
        looks += await _looks_at(session, rows[:limit])
        await audit.record(session, caller, *looks)
        return page_of(rows, limit, lambda row: row.id, DeliveryView.of)


async def _looks_at(
    session: AsyncSession, deliveries: Sequence[WebhookDelivery]
) -> list[audit.Entry]:
    """The audit rows of the referrals that the log tells something of, one for each."""
    shown = {row.referral_id for row in deliveries if row.referral_id is not None}
    referrals = await session.scalars(select(Referral).where(col(Referral.id).in_(shown)))
    return [entry(referral) for referral in referrals]


def in_the_log_of(partner: Partner) -> ColumnElement[bool]:
    """Which deliveries this partner's log shows. To a partner that is not an authority, that
    something was queued and then not sent, because a consent ended, would tell what the message
    was not to tell: only what went out is shown."""
    if is_authority(PartnerKind(partner.kind)):
        return true()
    return or_(
        col(WebhookDelivery.event_type) == PING, col(WebhookDelivery.shown_status).is_not(None)
    )
