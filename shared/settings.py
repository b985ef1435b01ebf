"""What every service reads from its environment (`NOPSA_*`); checked once, at start.

How the parts are provided (embedded, compose, Kubernetes) shows only here, as values. A value may
also be a file named like its variable in the folder `NOPSA_SECRETS_DIR`; the variable goes first.
"""

import os
import ssl
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlencode

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from shared.crypto import BlindIndex, FieldCipher, parse_keys

ASYNC_DRIVER = "postgresql+asyncpg://"
SECRETS_DIR = "NOPSA_SECRETS_DIR"


class FileSettings(BaseSettings):
    """Settings by environment, and by files in the folder `NOPSA_SECRETS_DIR` when it is set: the
    form in which Docker and Kubernetes hand out secrets."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given in code, then the environment, then the files."""
        folder = os.environ.get(SECRETS_DIR)
        if folder is None:
            return init_settings, env_settings
        if not Path(folder).is_dir():
            raise ValueError(f"{SECRETS_DIR} is not a folder: {folder}")
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, folder)


class KafkaSettings(FileSettings):
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
    security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        Field(description="how to talk to the broker, by Kafka's own names"),
    ] = "PLAINTEXT"
    sasl_mechanism: Annotated[
        Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"],
        Field(description="how the user name and the password are proved, with SASL"),
    ] = "SCRAM-SHA-512"
    username: Annotated[str | None, Field(description="the user, with SASL")] = None
    password: Annotated[SecretStr | None, Field(description="its password, with SASL")] = None
    ca_file: Annotated[
        Path | None,
        Field(description="PEM of who signs the broker's certificate; the system's when not set"),
    ] = None
    client_certificate: Annotated[
        Path | None, Field(description="PEM of our own certificate, where the broker asks for one")
    ] = None
    client_key: Annotated[Path | None, Field(description="PEM of that certificate's key")] = None

    @model_validator(mode="after")
    def _credentials_are_whole(self) -> Self:
        if self.security_protocol.startswith("SASL") and not (self.username and self.password):
            raise ValueError("SASL needs username and password")
        if (self.client_certificate is None) != (self.client_key is None):
            raise ValueError("client_certificate and client_key go together")
        return self

    @property
    def access(self) -> dict[str, Any]:
        """Where the broker is and how to get in, as every client of aiokafka takes it.

        The certificates are read at each call: a client that starts anew has the newest ones.
        """
        told: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": self.security_protocol,
        }
        if self.security_protocol.endswith("SSL"):
            told["ssl_context"] = self._tls()
        if self.security_protocol.startswith("SASL") and self.password:
            told["sasl_mechanism"] = self.sasl_mechanism
            told["sasl_plain_username"] = self.username
            told["sasl_plain_password"] = self.password.get_secret_value()
        return told

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.client_certificate:
            context.load_cert_chain(self.client_certificate, self.client_key)
        return context


class DatabaseSettings(FileSettings):
    """Where a service's own database is."""

    model_config = SettingsConfigDict(env_prefix="NOPSA_", extra="ignore")

    database_url: Annotated[
        SecretStr, Field(description="postgresql+asyncpg://role:password@host:port/database")
    ]

    database_sslmode: Annotated[
        Literal["disable", "prefer", "verify-full"],
        Field(description="TLS to the database as libpq names it; verify-full in production"),
    ] = "prefer"
    database_sslrootcert: Annotated[
        Path | None, Field(description="PEM of who signs the server's certificate; for verify-full")
    ] = None
    database_sslcert: Annotated[
        Path | None, Field(description="PEM of the role's own certificate, where one is asked for")
    ] = None
    database_sslkey: Annotated[Path | None, Field(description="PEM of that certificate's key")] = (
        None
    )

    @model_validator(mode="after")
    def _certificates_are_whole(self) -> Self:
        if self.database_sslmode == "verify-full" and self.database_sslrootcert is None:
            raise ValueError("verify-full needs database_sslrootcert")
        if (self.database_sslcert is None) != (self.database_sslkey is None):
            raise ValueError("database_sslcert and database_sslkey go together")
        return self

    @field_validator("database_url")
    @classmethod
    def _async_driver(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(ASYNC_DRIVER):
            raise ValueError(f"must begin with {ASYNC_DRIVER}")
        return value

    @property
    def asyncpg_dsn(self) -> str:
        """The database address as asyncpg, psql and pg_dump take it, with its TLS parameters."""
        plain = self.database_url.get_secret_value().replace(ASYNC_DRIVER, "postgresql://", 1)
        tls = {
            "sslmode": self.database_sslmode,
            "sslrootcert": self.database_sslrootcert,
            "sslcert": self.database_sslcert,
            "sslkey": self.database_sslkey,
        }
        query = urlencode({name: str(value) for name, value in tls.items() if value})
        return f"{plain}{'&' if '?' in plain else '?'}{query}"


class PlatformSettings(DatabaseSettings):
    """Settings that all services share; each service adds its own in its `settings.py`."""

    service_name: Annotated[
        str, Field(description="the name in logs, metrics and traces; each service has its own")
    ] = "nopsa"
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
    relay_batch_size: Annotated[int, Field(ge=1, description="outbox rows sent at a time")] = 1000
    relay_poll_seconds: Annotated[
        float, Field(gt=0, description="fallback when a notification was missed")
    ] = 2.0

    issuer: Annotated[str, Field(description="the OIDC issuer whose tokens are taken")]
    issuer_ca_file: Annotated[
        Path | None,
        Field(description="PEM of who signs the issuer's certificate; public ones when not set"),
    ] = None
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
