"""What the adapter reads from its environment (`LIFECARE_*`)."""

import os
import ssl
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Record = Literal["social", "health"]


class Settings(BaseSettings):
    """Where nopsa is, who this adapter is there, and where it keeps what it is given."""

    model_config = SettingsConfigDict(env_prefix="LIFECARE_", extra="ignore")

    kafka: Annotated[str, Field(description="host:port of a broker, comma separated")]
    kafka_username: Annotated[
        str | None, Field(description="with SCRAM-SHA-512 over TLS; plain text when not set")
    ] = None
    kafka_password: SecretStr | None = None
    ca_file: Annotated[
        Path | None, Field(description="PEM of who signs the certificates of broker and addresses")
    ] = None
    issuer: Annotated[str, Field(description="the OIDC issuer that gives tokens")]
    client_id: str
    client_secret: SecretStr
    consent_url: Annotated[str, Field(description="the address of the consent service")]
    store: Annotated[Path, Field(description="an SQLite file; made when missing")]
    session_timeout_ms: Annotated[
        int, Field(ge=500, description="a consumer silent for so long loses its partitions")
    ] = 10_000
    longest_wait_seconds: Annotated[
        float, Field(gt=0, description="between two tries while nopsa does not answer")
    ] = 30.0

    def trust(self) -> ssl.SSLContext:
        """Whose certificates are taken."""
        return ssl.create_default_context(cafile=self.ca_file)

    def kafka_access(self) -> dict[str, Any]:
        """Where the broker is and how to get in."""
        if self.kafka_username is None or self.kafka_password is None:
            return {"bootstrap_servers": self.kafka}
        return {
            "bootstrap_servers": self.kafka,
            "security_protocol": "SASL_SSL",
            "ssl_context": self.trust(),
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": self.kafka_username,
            "sasl_plain_password": self.kafka_password.get_secret_value(),
        }


def read() -> Settings:
    """The settings; a value may also be a file named like its variable in `LIFECARE_SECRETS_DIR`,
    as Docker and Kubernetes hand out secrets."""
    return Settings(_secrets_dir=os.environ.get("LIFECARE_SECRETS_DIR"))
