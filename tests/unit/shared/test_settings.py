"""What the services are told, and how: by environment, by files, over which connections."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from shared.settings import DatabaseSettings, KafkaSettings

pytestmark = pytest.mark.ops
ADDRESS = "postgresql+asyncpg://consent:word@db:5432/consent"


def kafka(**changes: Any) -> KafkaSettings:
    return KafkaSettings.model_validate({"bootstrap": "kafka:9092"} | changes)


def test_a_secret_may_be_a_file_and_the_environment_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nopsa_database_url").write_text(f"{ADDRESS}\n")
    (tmp_path / "nopsa_kafka_password").write_text("from the file\n")
    monkeypatch.setenv("NOPSA_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("NOPSA_KAFKA_BOOTSTRAP", "kafka:9092")
    assert DatabaseSettings.model_validate({}).database_url.get_secret_value() == ADDRESS
    assert KafkaSettings.model_validate({}).password == SecretStr("from the file")
    monkeypatch.setenv("NOPSA_KAFKA_PASSWORD", "from the environment")
    assert KafkaSettings.model_validate({}).password == SecretStr("from the environment")


def test_a_secrets_folder_that_is_not_there_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOPSA_SECRETS_DIR", str(tmp_path / "missing"))
    with pytest.raises(ValueError, match="NOPSA_SECRETS_DIR is not a folder"):
        DatabaseSettings.model_validate({})


def test_without_a_word_the_broker_is_reached_in_the_clear() -> None:
    assert kafka().access == {"bootstrap_servers": "kafka:9092", "security_protocol": "PLAINTEXT"}


def test_with_sasl_and_tls_the_client_proves_who_it_is_and_checks_the_broker() -> None:
    access = kafka(security_protocol="SASL_SSL", username="consent", password="word").access
    context = access.pop("ssl_context")
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert access == {
        "bootstrap_servers": "kafka:9092",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "consent",
        "sasl_plain_password": "word",
    }


@pytest.mark.parametrize(
    "half",
    [
        {"security_protocol": "SASL_SSL", "username": "consent"},
        {"security_protocol": "SASL_SSL", "password": "word"},
        {"security_protocol": "SSL", "client_certificate": "consent.crt"},
        {"security_protocol": "tls"},
    ],
)
def test_half_an_access_to_the_broker_is_refused_at_the_start(half: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kafka(**half)


def test_the_address_of_the_database_carries_its_tls_parameters() -> None:
    settings = DatabaseSettings.model_validate(
        {
            "database_url": ADDRESS,
            "database_sslmode": "verify-full",
            "database_sslrootcert": "/run/secrets/ca.pem",
        }
    )
    assert settings.asyncpg_dsn == (
        "postgresql://consent:word@db:5432/consent"
        "?sslmode=verify-full&sslrootcert=%2Frun%2Fsecrets%2Fca.pem"
    )


@pytest.mark.parametrize(
    "half",
    [
        {"database_sslmode": "verify-full"},
        {"database_sslcert": "consent.crt"},
        {"database_url": "postgresql://consent@db/consent"},
    ],
)
def test_half_an_access_to_the_database_is_refused_at_the_start(half: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DatabaseSettings.model_validate({"database_url": ADDRESS} | half)
