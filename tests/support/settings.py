"""Settings for a service under test, with keys of its own."""

import base64
from typing import TypeVar

from pydantic import SecretStr

from shared.settings import KafkaSettings, PlatformSettings

KEYS = f"k1:{base64.urlsafe_b64encode(b'0' * 32).decode()}"
INDEX_KEYS = f"i1:{base64.urlsafe_b64encode(b'1' * 32).decode()}"

SettingsOf = TypeVar("SettingsOf", bound=PlatformSettings)


def settings_for(
    settings_class: type[SettingsOf],
    database_url: str,
    *,
    kafka: KafkaSettings,
    issuer: str = "http://127.0.0.1:1",
    **overrides: object,
) -> SettingsOf:
    """Settings of a service on this database and broker."""
    values: dict[str, object] = {
        "database_url": SecretStr(database_url),
        "kafka": kafka,
        "issuer": issuer,
        "encryption_keys": SecretStr(KEYS),
        "index_keys": SecretStr(INDEX_KEYS),
        "allow_test_identity_codes": True,
        "environment": "test",
        "http_port": 0,
        "relay_poll_seconds": 0.5,
    }
    return settings_class.model_validate(values | overrides)
