"""The whole house on a guarded broker: over TLS, every process under its own principal, with the
topics and the access list of `deploy/kafka` and nothing more allowed. A right that is missing from
the list shows here, as something that never arrives."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from deploy.local import stack as local_stack
from deploy.local.integrators import Integrator
from deploy.local.process import Command, Spec
from deploy.local.region import load_region
from deploy.local.services import Service
from deploy.local.stack import Stack
from shared import topics as topic_maker
from tests.e2e.test_pipeline import (  # noqa: F401
    test_a_consent_to_tell_the_landlord_reaches_its_view_and_leaves_it_again,
    test_the_reports_count_what_was_sent,
    test_the_work_of_the_team_comes_back_to_the_sender,
)
from tests.e2e.test_records import (  # noqa: F401
    chart,
    test_a_form_and_a_shared_plan_are_stored_in_both_records,
    test_what_is_withdrawn_is_taken_out_and_the_next_document_reaches_nobody,
)
from tests.support.house import House
from tests.support.kafka_house import GuardedKafka, guarded_kafka

pytestmark = [pytest.mark.ops, pytest.mark.ops_only, pytest.mark.timeout(600)]


class Elsewhere:
    """A broker that somebody else runs, as the stack takes one."""

    durable = True
    settings: Mapping[str, str] = {
        "NOPSA_KAFKA_SESSION_TIMEOUT_MS": "6000",
        "NOPSA_KAFKA_IDEMPOTENT_PRODUCER": "true",
    }

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    def prepare(self, run: Callable[[Command], None]) -> None:
        """Nothing to prepare."""

    def spec(self) -> Spec:
        """Something to watch over."""
        return Spec(Command("broker", ["sleep", "86400"], {}), tier=0, ready=lambda: True)


class GuardedStack(Stack):
    """Every process reaches the broker as who it is."""

    kafka_house: GuardedKafka

    def _service(self, name: str, extra: Mapping[str, str]) -> Service:
        access = {
            "NOPSA_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "NOPSA_KAFKA_CA_FILE": str(self.kafka_house.secrets / "ca.pem"),
            "NOPSA_KAFKA_USERNAME": name,
            "NOPSA_KAFKA_PASSWORD": self._password(name),
        }
        return super()._service(name, {**extra, **access})

    def _integrator(self, record: str) -> Integrator:
        made = super()._integrator(record)
        access = {
            "LIFECARE_CA_FILE": str(self.kafka_house.secrets / "ca.pem"),
            "LIFECARE_KAFKA_USERNAME": made.name,
            "LIFECARE_KAFKA_PASSWORD": self._password(made.name),
        }
        return dataclasses.replace(made, settings={**made.settings, **access})

    def _create_topics(self) -> None:
        asyncio.run(topic_maker.create(self.kafka_house.settings("admin")))
        asyncio.run(self.kafka_house.apply_lists())

    def _password(self, principal: str) -> str:
        return (self.kafka_house.secrets / f"kafka_{principal}").read_text().strip()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The four services and both integrators."""
    folder: Path = tmp_path_factory.mktemp("guarded")
    with guarded_kafka(folder) as broker, pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_stack, "make_broker", lambda *_: Elsewhere(broker.bootstrap))
        patch.setattr(GuardedStack, "kafka_house", broker, raising=False)
        running = GuardedStack(folder / "house", durable=False)
        running.start()
        load_region(running.urls, running.token("admin"))
        yield running
        running.stop()


@pytest.fixture
async def house(stack: Stack) -> AsyncIterator[House]:
    """The stack with a client for each of its callers."""
    async with httpx.AsyncClient(timeout=30) as http:
        yield House(stack, http)
