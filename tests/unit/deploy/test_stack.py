"""What a stack promises before anything runs: its document, and what services are told."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.cli.up import curl_line
from deploy.local.services import SERVICES
from deploy.local.stack import Stack


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path / "data", env={"NOPSA_EXTRA": "yes"})
    yield stack
    stack.stop()


def test_ready_document_has_the_documented_shape(stack: Stack) -> None:
    document = json.loads(json.dumps(stack.ready_document()))
    assert set(document) == {
        "services",
        "workers",
        "issuer",
        "kafka",
        "postgres",
        "clients",
        "pids",
    }
    for key in ("services", "workers", "postgres"):
        assert tuple(document[key]) == SERVICES
    assert document["postgres"]["consent"].startswith("postgresql://consent:")
    client = document["clients"]["landlord"]
    assert {"client_id", "client_secret", "scope", "org"} <= set(client)
    assert document["pids"] == {}


def test_every_address_is_its_own(stack: Stack) -> None:
    document = stack.ready_document()
    urls = [*document["services"].values(), *document["workers"].values(), document["issuer"]]
    assert len(set(urls)) == 2 * len(SERVICES) + 1


def test_published_documents_are_written_at_once(stack: Stack, tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    stack.publish(path)
    assert json.loads(path.read_text()) == stack.ready_document()


def test_services_are_told_their_own_database_and_keys(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOPSA_DATABASE_URL", "somewhere else")
    monkeypatch.setenv("NOPSA_ENVIRONMENT", "trial")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "collector")
    rings = set()
    for service in stack.services:
        env = service.environment(service.http_port)
        assert f"/{service.name}" in env["NOPSA_DATABASE_URL"]
        assert env["NOPSA_DATABASE_URL"].startswith("postgresql+asyncpg://")
        assert env["NOPSA_ENVIRONMENT"] == "trial"
        assert env["OTEL_EXPORTER_OTLP_ENDPOINT"] == "collector"
        assert env["NOPSA_EXTRA"] == "yes"
        rings |= {env["NOPSA_ENCRYPTION_KEYS"], env["NOPSA_INDEX_KEYS"]}
    assert len(rings) == 2 * len(SERVICES)
    assert {len(base64.urlsafe_b64decode(ring.removeprefix("k1:"))) for ring in rings} == {32}


def test_integrators_are_told_their_own_client_and_run_only_beside_the_consent_service(
    stack: Stack, tmp_path: Path
) -> None:
    assert [one.name for one in stack.integrators] == ["lifecare-social", "lifecare-health"]
    environments = [one.spec().command.env for one in stack.integrators]
    assert len({env["LIFECARE_CLIENT_SECRET"] for env in environments}) == 2
    assert {env["LIFECARE_CONSENT_URL"] for env in environments} == {stack.urls["consent"]}
    without = Stack(tmp_path / "other", services=("referral",))
    assert without.integrators == []
    without.stop()


def test_curl_line_carries_valid_json(tmp_path: Path) -> None:
    line = curl_line("http://127.0.0.1:1", tmp_path)
    body = line.split("-d '")[1].removesuffix("'")
    assert json.loads(body)["client"]["municipality"] == "398"
    assert str(tmp_path) in line
