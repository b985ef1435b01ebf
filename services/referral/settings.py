"""Settings of the referral service."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.referral.retention.rules import Matter, Rule
from services.referral.retention.settings_file import rules_of
from services.referral.webhooks.addresses import Policy
from shared.settings import PlatformSettings

LOCAL_ENVIRONMENTS = frozenset({"local", "test"})
"""Where endpoints may listen without TLS."""


class Settings(PlatformSettings):
    """The platform's settings under this service's name."""

    service_name: Annotated[str, Field(description="the name in logs, metrics and traces")] = (
        "referral"
    )

    webhook_allow_private_addresses: Annotated[
        bool, Field(description="let webhook endpoints be on private or loopback addresses")
    ] = False
    webhook_ports: Annotated[
        frozenset[int], Field(description="ports of webhook endpoints, JSON; [] for any")
    ] = frozenset({443, 80, 8443})
    webhook_old_secret_seconds: Annotated[
        float, Field(ge=0, description="how long the old secret signs too after a rotation")
    ] = 86_400.0
    webhook_retry_scale: Annotated[
        float, Field(gt=0, le=1, description="shrinks the pauses between tries, for tests")
    ] = 1.0
    webhook_timeout_seconds: Annotated[
        float, Field(gt=0, description="for a whole try: name, connection and answer")
    ] = 15.0
    webhook_lease_seconds: Annotated[
        float, Field(gt=0, description="after so long the try of a process that died is made anew")
    ] = 60.0
    webhook_poll_seconds: Annotated[
        float, Field(gt=0, description="how often to look for what is due")
    ] = 1.0
    webhook_in_flight: Annotated[int, Field(ge=1, description="tries at a time, per process")] = 16
    webhook_log_days: Annotated[int, Field(ge=1, description="how long deliveries are listed")] = 30

    consent_poll_seconds: Annotated[
        float, Field(gt=0, description="how often to look for consents that begin")
    ] = 5.0
    job_lease_seconds: Annotated[
        float, Field(gt=0, description="a job of a worker silent for so long goes to another")
    ] = 15.0
    job_poll_seconds: Annotated[
        float, Field(gt=0, description="how often to look for imports and retention runs")
    ] = 1.0
    refused_kept_days: Annotated[
        int, Field(ge=0, description="days from a client's refusal to the erasure that follows it")
    ] = 30
    retention_file: Annotated[
        Path | None, Field(description="JSON with retention times and service function codes")
    ] = None
    allow_retention_ahead: Annotated[
        bool, Field(description="let a run erase as of a day to come; where no real data is")
    ] = False

    @model_validator(mode="after")
    def _lease_outlives_a_try(self) -> Self:
        if self.webhook_lease_seconds <= self.webhook_timeout_seconds:
            raise ValueError("webhook_lease_seconds must be longer than webhook_timeout_seconds")
        return self

    @model_validator(mode="after")
    def _retention_file_is_right(self) -> Self:
        rules_of(self.retention_file)
        return self

    @property
    def retention_rules(self) -> dict[Matter, Rule]:
        """How long which matter is kept."""
        return rules_of(self.retention_file)

    @property
    def webhook_policy(self) -> Policy:
        """Which endpoints are allowed; without https only where no real data is."""
        return Policy(
            allow_http=self.environment in LOCAL_ENVIRONMENTS,
            allow_private=self.webhook_allow_private_addresses,
            ports=self.webhook_ports,
        )

    @property
    def webhook_timeout(self) -> timedelta:
        """The time for a whole try."""
        return timedelta(seconds=self.webhook_timeout_seconds)

    @property
    def webhook_lease(self) -> timedelta:
        """For how long a delivery stays in one hand."""
        return timedelta(seconds=self.webhook_lease_seconds)
