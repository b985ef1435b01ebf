"""`/v1/partners/{id}/webhooks`: a partner's endpoints (scope `partners:admin`, or the partner
itself with `webhooks:write`)."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from services.referral.settings import Settings
from services.referral.webhooks import commands, queries
from services.referral.webhooks.addresses import EndpointRefusedError
from services.referral.webhooks.courier import Courier, check_endpoint
from services.referral.webhooks.schemas import (
    DeliveryView,
    Ping,
    StatusChanged,
    WebhookBody,
    WebhookView,
    WebhookWithSecret,
)
from services.referral.webhooks.sender import Sender
from shared import web
from shared.auth import Caller, scoped
from shared.crypto import BlindIndex
from shared.idempotency import RequestKey, request_key
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.problems import VALIDATION_FAILED, FieldError, Problem
from shared.web import Cipher, IdempotencyKey, Index, Session, etag, expected_version

router = APIRouter(prefix="/v1/partners/{partner_id}/webhooks", tags=["webhooks"])
messages = APIRouter()
"""The messages an endpoint gets, for the OpenAPI document."""

Manager = Annotated[Caller, Depends(scoped(queries.ADMIN_SCOPE, queries.OWN_SCOPE))]


@router.post("", status_code=201, response_model=WebhookWithSecret, summary="Register an endpoint")
async def post_webhook(
    partner_id: UUID,
    body: WebhookBody,
    request: Request,
    caller: Manager,
    session: Session,
    cipher: Cipher,
    index: Index,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """Answers the signing secret, this once."""
    await _check(request, body)
    asked = _asked(request, caller, index, key, body.model_dump(mode="json"))
    return web.answer(await commands.register(session, cipher, caller, partner_id, body, asked))


@router.get("", summary="The partner's endpoints")
async def get_webhooks(
    partner_id: UUID,
    caller: Manager,
    session: Session,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[WebhookView]:
    """A page, newest first."""
    return await queries.list_webhooks(session, caller, partner_id, limit=limit, cursor=cursor)


@router.get("/{webhook_id}", summary="An endpoint")
async def get_webhook(
    partner_id: UUID, webhook_id: UUID, caller: Manager, session: Session, response: Response
) -> WebhookView:
    """The endpoint, with its ETag."""
    webhook = await queries.read_webhook(session, caller, partner_id, webhook_id)
    response.headers["ETag"] = etag(webhook.version)
    return WebhookView.of(webhook)


@router.put("/{webhook_id}", summary="Change an endpoint, or enable it again")
async def put_webhook(
    partner_id: UUID,
    webhook_id: UUID,
    body: WebhookBody,
    request: Request,
    caller: Manager,
    session: Session,
    response: Response,
    expected: Annotated[int, Depends(expected_version)],
) -> WebhookView:
    """Needs If-Match. What waits goes to the new address."""
    await _check(request, body)
    webhook = await commands.change(session, caller, partner_id, webhook_id, body, expected)
    response.headers["ETag"] = etag(webhook.version)
    return WebhookView.of(webhook)


@router.delete("/{webhook_id}", status_code=204, summary="Remove an endpoint and its log")
async def delete_webhook(
    partner_id: UUID, webhook_id: UUID, caller: Manager, session: Session
) -> None:
    """Nothing more is sent."""
    await commands.remove(session, caller, partner_id, webhook_id)


@router.post(
    "/{webhook_id}/rotate", response_model=WebhookWithSecret, summary="A new signing secret"
)
async def post_rotation(
    partner_id: UUID,
    webhook_id: UUID,
    request: Request,
    caller: Manager,
    session: Session,
    cipher: Cipher,
    index: Index,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """Answers the new secret, this once. Until `old_secret_until` messages are signed with both,
    so that you can change over without losing any."""
    asked = _asked(request, caller, index, key)
    overlap = timedelta(seconds=_settings(request).webhook_old_secret_seconds)
    return web.answer(
        await commands.rotate(
            session, cipher, caller, partner_id, webhook_id, asked, overlap=overlap
        )
    )


@router.post("/{webhook_id}/test", summary="Send a test event now")
async def post_test(
    partner_id: UUID,
    webhook_id: UUID,
    request: Request,
    caller: Manager,
    session: Session,
    index: Index,
    key: IdempotencyKey = None,
) -> DeliveryView:
    """Sends a `webhook.ping`, signed as every message is, and answers what came of it. It is tried
    once, also when the endpoint is disabled."""
    settings = _settings(request)
    asked = _asked(request, caller, index, key)
    delivery_id, claim = await commands.prepare_ping(
        session, caller, partner_id, webhook_id, asked, lease=settings.webhook_lease
    )
    if claim is not None:
        async with Courier(settings.webhook_policy, timeout=settings.webhook_timeout) as courier:
            await Sender(settings, request.app.state.database, courier).deliver(claim)
    return await queries.read_delivery(session, caller, partner_id, webhook_id, delivery_id)


@router.get("/{webhook_id}/deliveries", summary="What was sent to an endpoint")
async def get_deliveries(
    partner_id: UUID,
    webhook_id: UUID,
    caller: Manager,
    session: Session,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[DeliveryView]:
    """A page of the log, newest first. The messages themselves are not kept."""
    return await queries.list_deliveries(
        session, caller, partner_id, webhook_id, limit=limit, cursor=cursor
    )


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/resend",
    status_code=202,
    summary="Send a message again",
)
async def post_resend(
    partner_id: UUID, webhook_id: UUID, delivery_id: UUID, caller: Manager, session: Session
) -> DeliveryView:
    """Queues it under the same webhook-id. It will tell what you may see then, not what it told
    before."""
    delivery = await commands.resend(session, caller, partner_id, webhook_id, delivery_id)
    return DeliveryView.of(delivery)


@messages.post("referral.status_changed", summary="What you may see of a referral has changed")
async def status_changed(body: StatusChanged) -> None:
    """Answer 2xx. Headers webhook-id, webhook-timestamp and webhook-signature by Standard
    Webhooks."""


@messages.post("webhook.ping", summary="A test event that was asked for")
async def ping(body: Ping) -> None:
    """Answer 2xx."""


def _asked(
    request: Request, caller: Caller, index: BlindIndex, key: str | None, body: object = None
) -> RequestKey | None:
    operation = f"POST {request.url.path}"
    return request_key(index, caller=caller.client_id, key=key, operation=operation, body=body)


async def _check(request: Request, body: WebhookBody) -> None:
    """Raises `validation_failed` when the endpoint must not be called."""
    try:
        await check_endpoint(body.url, _settings(request).webhook_policy)
    except EndpointRefusedError as refused:
        error = FieldError("/url", refused.code, refused.advice)
        raise Problem(VALIDATION_FAILED, errors=[error]) from None


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings
