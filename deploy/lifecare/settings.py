"""What the adapter reads from its environment (`LIFECARE_*`)."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Record = Literal["social", "health"]


class Settings(BaseSettings):
    """Where nopsa is, who this adapter is there, and where it keeps what it is given."""

    model_config = SettingsConfigDict(env_prefix="LIFECARE_", extra="ignore")

    kafka: Annotated[str, Field(description="host:port of a broker, comma separated")]
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
