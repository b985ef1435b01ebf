"""What every service reads from its environment (`NOPSA_*`); checked once, at start.

How the parts are provided (embedded, compose, Kubernetes) shows only here, as values.
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.crypto import BlindIndex, FieldCipher, parse_keys

ASYNC_DRIVER = "postgresql+asyncpg://"


class KafkaSettings(BaseSettings):
    """Where the broker is and how to talk to it."""

    model_config = SettingsConfigDict(env_prefix="NOPSA_KAFKA_", extra="ignore")

    bootstrap: Annotated[str, Field(description="host:port of a broker, comma separated")]
    idempotent_producer: Annotated[
        bool, Field(description="off only for brokers that lack it (the embedded one)")
    ] = True
    session_timeout_ms: Annotated[
        int, Field(ge=500, description="a consumer silent for so long loses its partitions")
    ] = 10_000
    fetch_max_wait_ms: Annotated[
        int, Field(ge=1, description="how long the broker may wait to fill a fetch")
    ] = 50
    partitions: Annotated[int, Field(ge=1, description="partitions of a topic when created")] = 6
    replication_factor: Annotated[int, Field(ge=1, description="copies of a topic")] = 1


class DatabaseSettings(BaseSettings):
    """Where a service's own database is."""

    model_config = SettingsConfigDict(env_prefix="NOPSA_", extra="ignore")

    database_url: Annotated[
        SecretStr, Field(description="postgresql+asyncpg://role:password@host:port/database")
    ]

    @field_validator("database_url")
    @classmethod
    def _async_driver(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(ASYNC_DRIVER):
            raise ValueError(f"must begin with {ASYNC_DRIVER}")
        return value

    @property
    def asyncpg_dsn(self) -> str:
        """The database address as asyncpg and psql take it."""
        return self.database_url.get_secret_value().replace(ASYNC_DRIVER, "postgresql://", 1)


class PlatformSettings(DatabaseSettings):
    """Settings that all services share; each service adds its own in its `settings.py`."""

    service_name: str = "nopsa"
    environment: Annotated[
        str, Field(description="shown in logs and traces: local, test, production")
    ] = "production"

    database_pool_size: Annotated[int, Field(ge=1, description="connections kept open")] = 10
    migrate_on_start: Annotated[bool, Field(description="run migrations before serving")] = True

    kafka: KafkaSettings = Field(default_factory=lambda: KafkaSettings.model_validate({}))
    relay_shards: Annotated[
        int,
        Field(ge=1, le=64, description="parallel outbox lanes; change only with all relays down"),
    ] = 4
    relay_batch_size: Annotated[int, Field(ge=1, description="outbox rows sent at a time")] = 500
    relay_poll_seconds: Annotated[
        float, Field(gt=0, description="fallback when a notification was missed")
    ] = 2.0

    issuer: Annotated[str, Field(description="the OIDC issuer whose tokens are taken")]
    audience: Annotated[str, Field(description="the audience a token must name")] = "nopsa"

    http_host: Annotated[str, Field(description="address to listen on")] = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535, description="port to listen on")] = 8080
    max_body_bytes: Annotated[int, Field(ge=1024, description="largest request body")] = 262_144

    rate_per_minute: Annotated[
        int,
        Field(
            ge=1, le=10_000_000, description="requests a minute a caller may make, in each process"
        ),
    ] = 600
    rate_burst: Annotated[
        int | None,
        Field(
            ge=1, description="requests a caller may make at once; a minute's worth when not set"
        ),
    ] = None

    encryption_keys: Annotated[
        SecretStr, Field(description="name:base64 of 32 bytes, the current key first")
    ]
    index_keys: Annotated[
        SecretStr, Field(description="keys of the look-up hashes, same form, kept apart")
    ]
    allow_test_identity_codes: Annotated[
        bool, Field(description="take 900-series identity codes, which belong to nobody")
    ] = False

    span_dir: Annotated[
        Path | None, Field(description="write spans to files here when no OTLP endpoint is set")
    ] = None
    otlp_endpoint: Annotated[
        str | None,
        Field(
            validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT", description="send traces there by OTLP"
        ),
    ] = None
    trace_sample_ratio: Annotated[float, Field(ge=0, le=1, description="share of traces kept")] = (
        1.0
    )

    @model_validator(mode="after")
    def _keys_are_whole(self) -> Self:
        parse_keys(self.encryption_keys.get_secret_value())
        parse_keys(self.index_keys.get_secret_value())
        return self

    def cipher(self) -> FieldCipher:
        """The cipher for identifying fields."""
        return FieldCipher(parse_keys(self.encryption_keys.get_secret_value()))

    def blind_index(self) -> BlindIndex:
        """The keyed hash to find identifying values by."""
        return BlindIndex(parse_keys(self.index_keys.get_secret_value()))
