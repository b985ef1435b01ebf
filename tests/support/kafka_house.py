"""Apache Kafka as `docker-compose.yml` runs it: its properties and start script, certificates and
passwords from `prepare.sh`; only the programs come by Maven instead of from an image."""

import atexit
import csv
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest
from pydantic import SecretStr

from deploy.local.broker import _KAFKA_HEAP, _KAFKA_JARS, _java_program
from deploy.local.ports import free_port
from deploy.local.probes import tcp_open
from deploy.local.process import CODE_ROOT, Command, Spec
from deploy.local.supervisor import Supervisor
from shared.settings import KafkaSettings
from tests.support.programs import needed

FOLDER = CODE_ROOT / "deploy" / "kafka"
PREPARE = CODE_ROOT / "deploy" / "compose" / "prepare.sh"
CODES = {"topic": 2, "group": 3, "Read": 3, "Write": 4, "Describe": 8, "literal": 3, "prefixed": 4}
"""Kafka's own numbers of resource types, operations and kinds of patterns."""
ALLOW = 3
PROGRAMS = {"kafka-storage.sh": "kafka.tools.StorageTool", "kafka-server-start.sh": "kafka.Kafka"}


def entries() -> list[dict[str, str]]:
    """The lines of the access list."""
    with (FOLDER / "acls.csv").open() as file:
        return list(csv.DictReader(file))


def principals() -> list[str]:
    """Everybody whom the access list knows."""
    return sorted({one["principal"] for one in entries()})


def prepare(folder: Path) -> Path:
    """Makes the certificates and secrets of an installation, what is missing of them."""
    needed("openssl")
    subprocess.run(["/bin/sh", str(PREPARE), str(folder)], check=True, capture_output=True)
    return folder


def prepared(folder: Path) -> Path:
    """A folder with the certificates and secrets of a new installation, made once a session."""
    shutil.copytree(_made_once(), folder)
    return folder


@cache
def _made_once() -> Path:
    made = Path(tempfile.mkdtemp(prefix="nopsa-installation-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return prepare(made / "secrets")


@dataclass(frozen=True)
class GuardedKafka:
    """A running broker that lets in whom its lists allow."""

    bootstrap: str
    secrets: Path

    def settings(self, principal: str, password: str | None = None) -> KafkaSettings:
        """How a principal reaches it."""
        known = (self.secrets / f"kafka_{principal}").read_text().strip()
        return KafkaSettings(
            bootstrap=self.bootstrap,
            security_protocol="SASL_SSL",
            username=principal,
            password=SecretStr(password or known),
            ca_file=self.secrets / "ca.pem",
        )

    async def apply_lists(self) -> None:
        """What the one-shot job of the composition does with `acls.sh`, by the same protocol."""
        admin = AIOKafkaAdminClient(**self.settings("admin").access)
        await admin.start()
        for one in entries():
            for operation in one["operations"].split():
                request = CreateAclsRequest(
                    CODES[one["resource"]],
                    one["name"],
                    CODES[one["pattern"]],
                    f"User:{one['principal']}",
                    "*",
                    CODES[operation],
                    ALLOW,
                )
                answer = await admin._send_request(request)
                assert [code for code, *_ in answer.creation_responses] == [0]
        await admin.close()


@contextmanager
def guarded_kafka(folder: Path) -> Iterator[GuardedKafka]:
    """The broker, until the end of the block."""
    secrets = prepared(folder / "secrets")
    ports = [free_port() for _ in range(3)]
    (folder / "data").mkdir()
    environment = {
        **os.environ,
        "KAFKA_HOME": str(_home(folder)),
        "SECRETS": str(secrets),
        "DATA": str(folder / "data"),
        "PROPERTIES": str(folder / "server.properties"),
        "LISTEN_HOST": "127.0.0.1",
        "ADVERTISED_HOST": "localhost",
        "CLIENTS_PORT": str(ports[0]),
        "CONTROLLER_PORT": str(ports[1]),
        "INTERNAL_PORT": str(ports[2]),
    }
    command = Command("broker", ["/bin/sh", str(FOLDER / "start.sh")], environment)
    supervisor = Supervisor(folder)
    supervisor.add(Spec(command=command, tier=0, ready=lambda: tcp_open(ports[0])))
    try:
        supervisor.spawn(["broker"])
        supervisor.wait_ready(["broker"])
        yield GuardedKafka(f"localhost:{ports[0]}", secrets)
    finally:
        supervisor.close()


def _home(folder: Path) -> Path:
    """The programs of Kafka's image that the start script calls."""
    home = folder / "home"
    (home / "bin").mkdir(parents=True)
    heap = " ".join(_KAFKA_HEAP)
    for name, main in PROGRAMS.items():
        script = home / "bin" / name
        script.write_text(
            f"#!/bin/sh\nexec {_java_program()} {heap} -Dorg.apache.logging.log4j.level=WARN "
            f"-cp '{_KAFKA_JARS}/*' {main} \"$@\"\n"
        )
        script.chmod(0o755)
    return home
