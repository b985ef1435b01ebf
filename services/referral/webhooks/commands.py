"""Registering, changing and trying endpoints; each in one transaction, without network calls."""

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.tables import Referral, Webhook, WebhookDelivery
from services.referral.tables.webhooks import DELIVERY_SEQUENCE
from services.referral.webhooks import queries, rules
from services.referral.webhooks.claims import Claim
from services.referral.webhooks.rules import PING, Outcome, State, Step
from services.referral.webhooks.schemas import WebhookBody, WebhookView, WebhookWithSecret
from services.referral.webhooks.secret import new_secret, seal
from shared import audit, telemetry
from shared.auth import Caller
from shared.clock import utc_now
from shared.crypto import FieldCipher
from shared.idempotency import Answer, RequestKey, once
from shared.ids import new_id
from shared.problems import CONFLICT, NOT_FOUND, PRECONDITION_FAILED, Problem
from shared.web import etag

MOST_WEBHOOKS = 10
"""Endpoints a partner may have."""

_SEALED = "secret_sealed"


async def register(
    session: AsyncSession,
    cipher: FieldCipher,
    caller: Caller,
    partner_id: UUID,
    body: WebhookBody,
    request: RequestKey | None,
) -> Answer:
    """Registers an endpoint and answers its secret, this once. Raises `conflict` when the partner
    has as many as it may."""

    async def work() -> Answer:
        partner = await queries.visible_partner(session, caller, partner_id)
        count = await session.scalar(
            select(func.count()).where(col(Webhook.partner_id) == partner.id)
        )
        if (count or 0) >= MOST_WEBHOOKS:
            raise Problem(CONFLICT, f"A partner has at most {MOST_WEBHOOKS} endpoints.")
        webhook_id, secret = new_id(), new_secret()
        webhook = Webhook(
            id=webhook_id,
            partner_id=partner.id,
            secret_sealed=seal(cipher, webhook_id, secret),
            created_at=utc_now(),
            **body.model_dump(mode="json"),
        )
        session.add(webhook)
        await audit.record(session, caller, _entry("webhook.register", webhook_id))
        place = f"/v1/partners/{partner.id}/webhooks/{webhook_id}"
        return _with_secret(cipher, webhook, secret, 201, {"Location": place})

    async with session.begin():
        answer = await once(session, request, work)
    return _opened(cipher, answer)


async def change(
    session: AsyncSession,
    caller: Caller,
    partner_id: UUID,
    webhook_id: UUID,
    body: WebhookBody,
    expected: int,
) -> Webhook:
    """Changes an endpoint; enabled again, it is told of what happens from now on. Raises
    `not_found` and `precondition_failed`."""
    async with session.begin():
        _, webhook = await queries.visible_webhook(
            session, caller, partner_id, webhook_id, for_change=True
        )
        if webhook.version != expected:
            raise Problem(PRECONDITION_FAILED)
        for name, value in body.model_dump(mode="json").items():
            setattr(webhook, name, value)
        webhook.disabled_because = None
        webhook.version += 1
        if not webhook.enabled:
            await give_up_all(session, webhook_id)
        await audit.record(session, caller, _entry("webhook.change", webhook_id))
    return webhook


async def remove(session: AsyncSession, caller: Caller, partner_id: UUID, webhook_id: UUID) -> None:
    """Takes an endpoint away, with its log."""
    async with session.begin():
        _, webhook = await queries.visible_webhook(session, caller, partner_id, webhook_id)
        await session.delete(webhook)
        await audit.record(session, caller, _entry("webhook.remove", webhook_id))


async def rotate(
    session: AsyncSession,
    cipher: FieldCipher,
    caller: Caller,
    partner_id: UUID,
    webhook_id: UUID,
    request: RequestKey | None,
    *,
    overlap: timedelta,
) -> Answer:
    """A new secret, shown this once; the one before signs too for the time of `overlap`."""

    async def work() -> Answer:
        _, webhook = await queries.visible_webhook(
            session, caller, partner_id, webhook_id, for_change=True
        )
        secret = new_secret()
        webhook.old_secret_sealed = webhook.secret_sealed
        webhook.old_secret_until = utc_now() + overlap
        webhook.secret_sealed = seal(cipher, webhook_id, secret)
        webhook.version += 1
        await audit.record(session, caller, _entry("webhook.rotate", webhook_id))
        return _with_secret(cipher, webhook, secret, 200, {})

    async with session.begin():
        answer = await once(session, request, work)
    return _opened(cipher, answer)


async def prepare_ping(
    session: AsyncSession,
    caller: Caller,
    partner_id: UUID,
    webhook_id: UUID,
    request: RequestKey | None,
    *,
    lease: timedelta,
) -> tuple[UUID, Claim | None]:
    """Queues a test event that is in the caller's hand already. Its id and the claim to send it
    by; no claim when this request was answered before."""
    claim: Claim | None = None

    async def work() -> Answer:
        nonlocal claim
        _, webhook = await queries.visible_webhook(session, caller, partner_id, webhook_id)
        now = utc_now()
        delivery = WebhookDelivery(
            id=new_id(),
            webhook_id=webhook.id,
            event_type=PING,
            state=State.PENDING,
            attempts=1,
            due_at=now,
            leased_until=now + lease,
            trace=telemetry.carrier(),
            created_at=now,
        )
        session.add(delivery)
        claim = Claim.of(delivery)
        await audit.record(session, caller, _entry("webhook.test", webhook_id))
        return Answer(200, {"id": str(delivery.id)})

    async with session.begin():
        answer = await once(session, request, work)
    return UUID(answer.body["id"]), claim


async def resend(
    session: AsyncSession,
    caller: Caller,
    partner_id: UUID,
    webhook_id: UUID,
    delivery_id: UUID,
) -> WebhookDelivery:
    """Queues a delivery again under its own id, behind what waits for the same referral; one that
    still waits for its next try is due at once. Raises `not_found`, and `conflict` while the
    endpoint is disabled."""
    async with session.begin():
        partner, webhook = await queries.visible_webhook(session, caller, partner_id, webhook_id)
        if not webhook.enabled:
            raise Problem(CONFLICT, "The endpoint is disabled; enable it first.")
        mine = select(WebhookDelivery).where(
            col(WebhookDelivery.id) == delivery_id,
            col(WebhookDelivery.webhook_id) == webhook.id,
            queries.in_the_log_of(partner),
        )
        found: WebhookDelivery | None = await session.scalar(mine)
        if found is None:
            raise Problem(NOT_FOUND)
        await _lock_referral(session, found.referral_id)
        delivery = (
            await session.scalars(mine.with_for_update().execution_options(populate_existing=True))
        ).one()
        await _queue_again(session, delivery)
        await audit.record(session, caller, _entry("webhook.resend", webhook_id))
    return delivery


async def _lock_referral(session: AsyncSession, referral_id: UUID | None) -> None:
    """So that a message which a change of the referral queues just now keeps its place."""
    await session.execute(
        select(col(Referral.id)).where(col(Referral.id) == referral_id).with_for_update()
    )


async def _queue_again(session: AsyncSession, delivery: WebhookDelivery) -> None:
    if delivery.state != State.PENDING:
        delivery.seq = await session.scalar(select(DELIVERY_SEQUENCE.next_value()))
        delivery.attempts = 0
        delivery.leased_until = None
        delivery.finished_at = None
    delivery.state = rules.after(State(delivery.state), Step.RESEND) or delivery.state
    delivery.asked_for = True
    delivery.due_at = utc_now()


async def disable(session: AsyncSession, webhook_id: UUID, url: str) -> None:
    """Disables an endpoint that said it is gone, unless it has moved meanwhile."""
    await session.execute(
        update(Webhook)
        .where(col(Webhook.id) == webhook_id, col(Webhook.url) == url)
        .values(
            enabled=False,
            disabled_because=Outcome.ENDPOINT_GONE,
            version=col(Webhook.version) + 1,
        )
    )


async def give_up_all(session: AsyncSession, webhook_id: UUID) -> None:
    """Gives up what waits for an endpoint that was disabled; all of it can be resent."""
    await session.execute(
        update(WebhookDelivery)
        .where(
            col(WebhookDelivery.webhook_id) == webhook_id,
            col(WebhookDelivery.state) == State.PENDING,
        )
        .values(
            state=rules.after(State.PENDING, Step.GIVE_UP),
            outcome=Outcome.ENDPOINT_DISABLED,
            finished_at=func.now(),
            leased_until=None,
        )
    )


def _with_secret(
    cipher: FieldCipher, webhook: Webhook, secret: str, status: int, headers: dict[str, str]
) -> Answer:
    """The answer as it is kept for a repeat: the secret in it is encrypted."""
    body: dict[str, Any] = WebhookView.of(webhook).model_dump(mode="json")
    sealed = cipher.encrypt(secret.encode(), _context(body["id"]))
    body[_SEALED] = base64.b64encode(sealed).decode()
    return Answer(status, body, {**headers, "ETag": etag(webhook.version)})


def _opened(cipher: FieldCipher, answer: Answer) -> Answer:
    """The answer as it is given, with the secret to be read."""
    body = dict(answer.body)
    sealed = base64.b64decode(body.pop(_SEALED))
    body["secret"] = cipher.decrypt(sealed, _context(body["id"])).decode()
    shown = WebhookWithSecret.model_validate(body).model_dump(mode="json")
    return replace(answer, body=shown)


def _context(webhook_id: str) -> str:
    return f"idempotency/{webhook_id}"


def _entry(action: str, webhook_id: UUID) -> audit.Entry:
    return audit.Entry(action, "webhook", subject_id=webhook_id)
