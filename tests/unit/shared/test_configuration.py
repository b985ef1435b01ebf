"""Every setting is documented; a wrong one stops the start with a line that names it."""

import importlib
import subprocess
import sys
from collections.abc import Mapping

import pytest
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.local.services import SERVICES
from shared.configuration import EX_CONFIG, Setting, complaints_of, settings_in
from tests.support.settings import INDEX_KEYS, KEYS

RIGHT = {
    "NOPSA_DATABASE_URL": "postgresql+asyncpg://role:hidden@127.0.0.1:1/referral",
    "NOPSA_KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "NOPSA_ISSUER": "http://127.0.0.1:1",
    "NOPSA_ENCRYPTION_KEYS": KEYS,
    "NOPSA_INDEX_KEYS": INDEX_KEYS,
}
WRONG = {
    "NOPSA_DATABASE_URL": "mysql://hidden",
    "NOPSA_KAFKA_PARTITIONS": "0",
    "NOPSA_HTTP_PORT": "hidden",
    "NOPSA_WEBHOOK_PORTS": "[hidden",
    "NOPSA_ENCRYPTION_KEYS": "hidden",
    "NOPSA_RELAY_SHARDS": "65",
    "NOPSA_DATABASE_SSLMODE": "hidden",
}


def settings_of(service: str) -> list[Setting]:
    return list(settings_in(importlib.import_module(f"services.{service}.settings").Settings))


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_says_what_it_does(service: str) -> None:
    assert [one.name for one in settings_of(service) if not one.description] == []


def test_a_setting_is_told_with_its_type_bounds_default_and_unit() -> None:
    by_name = {one.name: one for one in settings_of("referral")}
    poll = by_name["NOPSA_WEBHOOK_POLL_SECONDS"]
    assert (poll.type, poll.default, poll.unit) == ("number, > 0", "1.0", "s")
    assert by_name["NOPSA_KAFKA_BOOTSTRAP"].default is None
    assert by_name["NOPSA_WEBHOOK_PORTS"].default == "[80, 443, 8443]"
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in by_name
    secret = {one.name for one in by_name.values() if one.secret}
    assert secret >= {"NOPSA_DATABASE_URL", "NOPSA_ENCRYPTION_KEYS", "NOPSA_INDEX_KEYS"}


@pytest.mark.parametrize("name", WRONG)
def test_each_wrong_setting_is_named_and_its_value_is_not_shown(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(monkeypatch, RIGHT | {name: WRONG[name]})
    settings = importlib.import_module("services.referral.settings").Settings
    complaints = complaints_of(settings)
    if name == "NOPSA_ENCRYPTION_KEYS":
        assert complaints == ["NOPSA_*: key 1: expected name:base64 of 32 bytes"]
        return
    (complaint,) = complaints
    assert complaint.startswith(f"{name}: ")
    assert "hidden" not in complaint


def environment(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.mark.ops
def test_a_process_with_wrong_settings_ends_with_a_line_for_each() -> None:
    """A process with wrong settings ends with exit code 78 and a line for each, without values."""
    done = subprocess.run(
        [sys.executable, "-m", "services.referral.app"],
        env={"NOPSA_HTTP_PORT": "70000", "NOPSA_KAFKA_FETCH_MAX_WAIT_MS": "soon"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == EX_CONFIG
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    for name in ("NOPSA_HTTP_PORT", "NOPSA_KAFKA_FETCH_MAX_WAIT_MS", *RIGHT):
        assert sum(line.strip().startswith(f"{name}: ") for line in lines) == 1, name


def test_the_command_lists_every_setting_of_every_service_once() -> None:
    told = CliRunner().invoke(app, ["settings", "--markdown"]).output
    for service in SERVICES:
        for setting in settings_of(service):
            assert f"| {setting.name} |" in told
    assert told.count("| NOPSA_ISSUER |") == 1
