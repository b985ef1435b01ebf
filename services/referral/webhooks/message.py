"""Composes a message at the moment of sending, from what its partner may see at that moment."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.partners.rules import is_authority
from services.referral.tables import Partner, Referral, Webhook, WebhookDelivery
from services.referral.webhooks import rules
from services.referral.webhooks.claims import Claim, in_hand
from services.referral.webhooks.news import shown_to
from services.referral.webhooks.rules import RECEIPT, Shown, State, Told
from services.referral.webhooks.schemas import Ping, PingData, StatusChanged, StatusData
from services.referral.webhooks.secret import live_secrets, signed_headers
from shared import audit
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import BusinessStatus, PartnerKind, ReferralStatus
from shared.crypto import FieldCipher

USER_AGENT = "nopsa-webhooks/1"
_SENDER = Caller("webhook-sender", "webhook-sender", frozenset())


@dataclass(frozen=True)
class Parcel:
    """What goes over the wire, and whereto."""

    webhook_id: UUID
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Case:
    """All that a message is made of."""

    delivery: WebhookDelivery
    webhook: Webhook
    partner: Partner
    referral: Referral | None


async def find(session: AsyncSession, claim: Claim) -> Case | None:
    """What belongs to a claim; None when it is no longer in hand."""
    row = (
        await session.execute(
            select(WebhookDelivery, Webhook, Partner, Referral)
            .join(Webhook, col(Webhook.id) == col(WebhookDelivery.webhook_id))
            .join(Partner, col(Partner.id) == col(Webhook.partner_id))
            .outerjoin(Referral, col(Referral.id) == col(WebhookDelivery.referral_id))
            .where(in_hand(claim))
        )
    ).first()
    return Case(*row) if row else None


async def compose(session: AsyncSession, cipher: FieldCipher, case: Case) -> Parcel | None:
    """The message as it is true now; None when there is nothing to tell any more.

    What it tells is noted with the delivery and logged as a disclosure, in this transaction.
    Raises `UnreadableError` when the endpoint's secret cannot be decrypted.
    """
    now = utc_now()
    body: Ping | StatusChanged
    if case.referral is None:
        body = Ping(timestamp=now, data=PingData(webhook_id=case.webhook.id))
    else:
        shown = await _news(session, case, case.referral)
        if shown is None:
            return None
        body = StatusChanged(timestamp=now, data=_data(case.referral, shown))
        await _note(session, case, case.referral, shown)
    text = body.model_dump_json()
    live = live_secrets(cipher, case.webhook, now)
    headers = signed_headers(str(case.delivery.id), text, live, now)
    headers |= {"content-type": "application/json", "user-agent": USER_AGENT}
    return Parcel(case.webhook.id, case.webhook.url, headers, text.encode())


def _data(referral: Referral, shown: Shown) -> StatusData:
    return StatusData(
        id=referral.id,
        reference=referral.reference,
        status=shown.status,
        business_status=shown.business_status,
    )


async def _news(session: AsyncSession, case: Case, referral: Referral) -> Shown | None:
    """What to tell, unless the partner may not be told, or was told just this."""
    shown = (await shown_to(session, case.partner, [referral]))[referral.id]
    authority = is_authority(PartnerKind(case.partner.kind))
    told = await _told(session, case.delivery)
    if case.delivery.asked_for:
        told = replace(told, sure=False)
    return shown if rules.still_news(told, shown, authority=authority) else None


async def _told(session: AsyncSession, delivery: WebhookDelivery) -> Told:
    """What this endpoint was told of this referral last."""
    row = (
        await session.execute(
            select(
                col(WebhookDelivery.shown_status),
                col(WebhookDelivery.shown_business_status),
                col(WebhookDelivery.state),
            )
            .where(
                col(WebhookDelivery.webhook_id) == delivery.webhook_id,
                col(WebhookDelivery.referral_id) == delivery.referral_id,
                col(WebhookDelivery.shown_status).is_not(None),
                col(WebhookDelivery.seq) <= delivery.seq,
            )
            .order_by(col(WebhookDelivery.seq).desc())
            .limit(1)
        )
    ).first()
    if row is None:
        return Told(RECEIPT)
    status, business_status, state = row
    shown = Shown(
        ReferralStatus(status or RECEIPT.status),
        BusinessStatus(business_status) if business_status else None,
    )
    return Told(shown, sure=state == State.DELIVERED)


async def _note(session: AsyncSession, case: Case, referral: Referral, shown: Shown) -> None:
    await session.execute(
        update(WebhookDelivery)
        .where(col(WebhookDelivery.id) == case.delivery.id)
        .values(shown_status=shown.status, shown_business_status=shown.business_status)
    )
    entry = audit.Entry(
        "referral.notify",
        "referral",
        subject_id=referral.id,
        client_ref=referral.client_ref,
        purpose="coordination",
        basis=referral.lawful_basis,
    )
    await audit.record(session, replace(_SENDER, org=str(case.partner.id)), entry)
