"""Bodies of the webhook endpoints, and of the messages that partners get."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.referral.tables import Webhook, WebhookDelivery
from services.referral.webhooks.rules import PING, EventType, Outcome, State
from shared.contracts.codes import BusinessStatus, ReferralStatus


class WebhookBody(BaseModel):
    """Where to send what."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "url": "https://hooks.example.org/nopsa",
                    "event_types": ["referral.status_changed"],
                }
            ]
        },
    )

    url: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2000,
            description="https, at a public address",
            json_schema_extra={"format": "uri"},
        ),
    ]
    event_types: Annotated[list[EventType], Field(min_length=1, max_length=len(EventType))] = [
        EventType.STATUS_CHANGED
    ]
    enabled: Annotated[bool, Field(description="false: nothing is sent, nothing is kept")] = True


class WebhookView(WebhookBody):
    """An endpoint as stored. Its secret is never shown again."""

    id: UUID
    disabled_because: Annotated[
        Outcome | None, Field(description="`endpoint_gone` when it answered 410")
    ]
    old_secret_until: Annotated[
        datetime | None,
        Field(description="until then the secret before the last rotation signs too"),
    ]
    created_at: datetime

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        """The view of a stored endpoint."""
        return cls.model_validate(webhook.model_dump(include=set(WebhookView.model_fields)))


class WebhookWithSecret(WebhookView):
    """An endpoint and its new secret, shown this once."""

    secret: Annotated[str, Field(description="keep it: messages are verified with it")]


class DeliveryView(BaseModel):
    """A line of the delivery log; messages themselves are not kept."""

    id: Annotated[UUID, Field(description="the webhook-id of the message")]
    event_type: EventType | Literal["webhook.ping"]
    referral_id: UUID | None
    status: State
    attempts: Annotated[int, Field(description="tries since it was queued or last resent")]
    next_attempt_at: Annotated[datetime | None, Field(description="null when none is planned")]
    response_status: Annotated[int | None, Field(description="of the last try, if answered")]
    outcome: Annotated[Outcome | None, Field(description="how the last try ended")]
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, delivery: WebhookDelivery) -> Self:
        """The view of a stored delivery."""
        values = delivery.model_dump(include=set(DeliveryView.model_fields))
        pending = delivery.state == State.PENDING
        return cls.model_validate(
            values
            | {"status": delivery.state, "next_attempt_at": delivery.due_at if pending else None}
        )


class StatusData(BaseModel):
    """A referral, thin: what you may see of its progress. Read it for more."""

    id: UUID
    reference: str
    status: ReferralStatus
    business_status: BusinessStatus | None


class StatusChanged(BaseModel):
    """The body of `referral.status_changed`."""

    type: Literal[EventType.STATUS_CHANGED] = EventType.STATUS_CHANGED
    timestamp: Annotated[datetime, Field(description="when the status was read, for this message")]
    data: StatusData


class PingData(BaseModel):
    """Which endpoint is tried."""

    webhook_id: UUID


class Ping(BaseModel):
    """The body of the test event."""

    type: Literal["webhook.ping"] = PING
    timestamp: datetime
    data: PingData
