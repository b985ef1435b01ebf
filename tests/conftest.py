"""The parts that tests stand on: a real PostgreSQL, a real broker, a real token issuer.

They are started once a session; every test gets databases of its own. Tests call faster than a
partner may; the one that looks at the rate sets its own.
"""

import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from deploy.local.stack import Stack
from shared.settings import KafkaSettings
from tests.support.certificates import certificate_for
from tests.support.databases import Databases
from tests.support.deeper import examples
from tests.support.routes import Remembered

pytest_plugins = ("tests.support.attacks",)
os.environ.setdefault("NOPSA_RATE_PER_MINUTE", "600000")


# A slow machine is no reason to fail: the tests' own time limits are what counts.
settings.register_profile("nopsa", deadline=None, max_examples=examples(100))
settings.load_profile("nopsa")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--broker=kafka` runs on Apache Kafka instead of the embedded broker."""
    parser.addoption("--broker", choices=("tansu", "kafka"), default="tansu")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what tests measured (`record_property("measured", ...)`), whichever worker ran."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "measured":
                terminalreporter.write_line(str(value))


@pytest.fixture(scope="session", autouse=True)
def few_authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Clients trust one made-up authority. Tests call loopback over plain HTTP, and to load the
    world's authorities for every client took a twentieth of the suite's time."""
    folder = tmp_path_factory.mktemp("authorities")
    certificate_for("nobody.example", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "nobody.example.pem"))
        yield


@pytest.fixture(scope="session", autouse=True)
def routes_worked_out_once() -> Iterator[None]:
    """Each test has applications of its own; what their routes are does not change."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fastapi.routing._EffectiveRouteContext", Remembered)
        yield


@pytest.fixture(scope="session")
def broker(request: pytest.FixtureRequest) -> str:
    """Which broker this session runs on."""
    return str(request.config.getoption("--broker"))


@pytest.fixture(scope="session")
def backing(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """PostgreSQL, broker and issuer without any service."""
    folder: Path = tmp_path_factory.mktemp("backing")
    stack = Stack(folder, broker=broker, services=(), durable=False)  # type: ignore[arg-type]
    stack.start()
    yield stack
    stack.stop()


@pytest.fixture(scope="session")
def postgres(backing: Stack) -> Databases:
    """Fresh databases on demand."""
    return Databases(backing.postgres.admin_dsn)


@pytest.fixture(scope="session")
def kafka(backing: Stack) -> KafkaSettings:
    """How to reach the broker."""
    return KafkaSettings(
        bootstrap=backing.kafka,
        idempotent_producer=backing.broker.settings["NOPSA_KAFKA_IDEMPOTENT_PRODUCER"] == "true",
        session_timeout_ms=int(backing.broker.settings["NOPSA_KAFKA_SESSION_TIMEOUT_MS"]),
        fetch_max_wait_ms=10,
    )


@pytest.fixture
def service_database(postgres: Databases) -> Callable[[str], Awaitable[str]]:
    """`await service_database("caseload")` gives the address of a fresh, migrated database."""
    return postgres.fresh
