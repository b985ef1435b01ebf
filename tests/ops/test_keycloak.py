"""Keycloak, as `docker-compose.yml` starts it, gives tokens that the services take: the realm, the
start script and the secrets are those of the composition; the database is its own small one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.keycloak.realm import FILE
from deploy.lifecare.nopsa import Nopsa
from deploy.lifecare.settings import Settings
from deploy.local.ports import free_port
from deploy.local.process import CODE_ROOT, Command, Spec
from deploy.local.region import read_region
from deploy.local.supervisor import Supervisor
from shared.auth import TokenChecker
from tests.support.kafka_house import prepared
from tests.support.programs import needed

VERSION = "26.4.0"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
pytestmark = [pytest.mark.ops, pytest.mark.ops_only, pytest.mark.timeout(900)]


def home(folder: Path) -> Path:
    """Keycloak's distribution, by Maven; the version of the image."""
    maven = needed("mvn")
    options = [f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}", "-Dmdep.useBaseVersion"]
    common = [maven, "--quiet", "--batch-mode"]
    subprocess.run([*common, f"{PLUGIN}:get", *options, "-Dtransitive=false"], check=True)
    subprocess.run([*common, f"{PLUGIN}:copy", *options], check=True)
    shutil.unpack_archive(next(folder.glob("*.zip")), folder)
    found = folder / f"keycloak-{VERSION}"
    for script in (found / "bin").glob("*.sh"):
        script.chmod(0o755)
    (found / "data" / "import").mkdir(parents=True)
    shutil.copy(FILE, found / "data" / "import" / "nopsa-realm.json")
    return found


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("installation") / "secrets")


@pytest.fixture(scope="module")
def issuer(secrets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running Keycloak's realm."""
    needed("java")
    folder = tmp_path_factory.mktemp("keycloak")
    port, management = free_port(), free_port()
    options = [
        "--db=dev-file",
        "--cache=local",
        "--http-enabled=true",
        "--http-host=127.0.0.1",
        f"--http-port={port}",
        f"--hostname=http://localhost:{port}",
        "--health-enabled=true",
        f"--http-management-port={management}",
    ]
    environment = {
        **os.environ,
        "SECRETS": str(secrets),
        "KC_HOME": str(home(folder)),
        "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
        "JAVA_OPTS": "-Xmx512m",
    }
    script = CODE_ROOT / "deploy" / "keycloak" / "start.sh"
    command = Command("keycloak", ["/bin/bash", str(script), *options], environment)
    supervisor = Supervisor(folder)
    ready = f"http://127.0.0.1:{management}/health/ready"
    supervisor.add(Spec(command, tier=0, ready=lambda: answers(ready), ready_seconds=600))
    try:
        supervisor.spawn(["keycloak"])
        supervisor.wait_ready(["keycloak"])
        yield f"http://localhost:{port}/realms/nopsa"
    finally:
        supervisor.close()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


async def test_every_client_of_the_demo_region_gets_a_token_with_its_scopes_and_organisation(
    issuer: str, secrets: Path
) -> None:
    async with httpx.AsyncClient(timeout=30) as http:
        endpoint = (await http.get(f"{issuer}/.well-known/openid-configuration")).json()
        checker = TokenChecker(issuer, "nopsa", http)
        for name, client in read_region()["clients"].items():
            answer = await http.post(
                endpoint["token_endpoint"],
                data={"grant_type": "client_credentials"},
                auth=(name, (secrets / f"client_{name}").read_text().strip()),
            )
            caller = await checker.check(answer.json()["access_token"])
            assert caller.client_id == name
            assert caller.scopes == set(client["scope"].split())
            assert (caller.org, caller.worker) == (client.get("org"), client.get("worker"))
        refused = await http.post(
            endpoint["token_endpoint"],
            data={"grant_type": "client_credentials"},
            auth=("admin", "guessed"),
        )
        assert refused.status_code == 401


async def test_the_reference_integrator_finds_its_token(issuer: str, secrets: Path) -> None:
    settings = Settings.model_validate(
        {
            "kafka": "nowhere:1",
            "issuer": issuer,
            "client_id": "lifecare-social",
            "client_secret": (secrets / "client_lifecare-social").read_text().strip(),
            "consent_url": "http://127.0.0.1:1",
            "store": Path(sys.prefix) / "unused",
        }
    )
    nopsa = Nopsa(settings)
    assert await nopsa._fresh_token()
    await nopsa.close()
