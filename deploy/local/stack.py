"""The whole embedded stack on one data folder: start, stop, and where everything is.

Started again on the same folder it goes on where it was. A log that begins empty (the in-memory
broker at every start) is filled again from the services' outboxes before any worker runs.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from deploy.local.broker import BrokerName, make_broker
from deploy.local.files import FolderLock, Secrets, write_private
from deploy.local.integrators import RECORDS, Integrator, client_name
from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from deploy.local.probes import http_ready
from deploy.local.process import Command, Spec
from deploy.local.region import ensure_clients
from deploy.local.services import SERVICES, Service, service_keys, span_dir
from deploy.local.supervisor import Supervisor

_BACKING = ("postgres", "broker", "issuer")


def _silent(line: str) -> None:
    """For callers who want no progress lines."""


class Stack:
    """Every process of the product, wired together by addresses that are free now.

    An object is for one start and one stop; it holds the data folder from its making.
    `env` is added to the environment of every service; `durable=False` makes PostgreSQL faster
    and is for data that a power cut may take, as in tests. The record systems' integrators run
    wherever the consent service does.
    """

    def __init__(
        self,
        data_dir: Path,
        broker: BrokerName = "tansu",
        services: Sequence[str] = SERVICES,
        *,
        durable: bool = True,
        env: Mapping[str, str] | None = None,
        progress: Callable[[str], None] = _silent,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.span_dir.mkdir(parents=True, exist_ok=True)
        self.log_dir.mkdir(exist_ok=True)
        self.broker = make_broker(broker, self.data_dir)
        self._lock = FolderLock(self.data_dir)
        self._lock.acquire()
        self._again = (self.data_dir / "secrets.json").exists()
        self._kept = Secrets(self.data_dir / "secrets.json")
        self._progress = progress
        self.clients = ensure_clients(self.data_dir / "clients.json")
        self.postgres = Postgres(self.data_dir, self._kept, durable=durable)
        self._issuer_port = free_port()
        self.services = [self._service(name, env or {}) for name in services]
        self.integrators = [self._integrator(record) for record in RECORDS if self._has_consent]
        self.supervisor = Supervisor(self.log_dir, progress, self._rewrite_ready_files)
        self._resting: list[str] = []
        self._ready_files: list[Path] = []

    @property
    def span_dir(self) -> Path:
        return span_dir(self.data_dir)

    @property
    def log_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def issuer(self) -> str:
        """The address of the token issuer."""
        return f"http://127.0.0.1:{self._issuer_port}"

    @property
    def kafka(self) -> str:
        """The broker's bootstrap address."""
        return self.broker.bootstrap

    @property
    def urls(self) -> dict[str, str]:
        """The address of each service."""
        return {service.name: service.url for service in self.services}

    @property
    def worker_urls(self) -> dict[str, str]:
        """Where each service's event process answers health questions."""
        return {service.name: service.worker_url for service in self.services}

    @property
    def dsns(self) -> dict[str, str]:
        """The database address of each service."""
        return {service.name: self.postgres.dsn(service.name) for service in self.services}

    def pids(self) -> dict[str, int]:
        """The process ids of all that run now."""
        return self.supervisor.pids()

    def token(self, name: str) -> str:
        """An access token of one of the region's clients, with all its scopes."""
        return fetch_token(self.issuer, self.clients[name])

    def start(self) -> None:
        """Bring everything up and return when it is ready; on failure, leave nothing running."""
        try:
            with self.supervisor.undisturbed:
                self._start_backing()
                self._start_apps()
                self._start_workers()
                self._start_integrators()
            self.supervisor.watch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything, in the reverse order, and let go of the data folder."""
        self.supervisor.close()
        self._lock.release()

    def ready_document(self) -> dict[str, Any]:
        """Where everything is, for people and programs that use the stack."""
        return {
            "services": self.urls,
            "workers": self.worker_urls,
            "issuer": self.issuer,
            "kafka": self.kafka,
            "postgres": self.dsns,
            "clients": self.clients,
            "pids": self.pids(),
        }

    def publish(self, *ready_files: Path) -> None:
        """Write the ready document to the files, now and whenever a process id changes."""
        with self.supervisor.undisturbed:
            self._ready_files = list(ready_files)
            self._rewrite_ready_files()

    def _service(self, name: str, extra: Mapping[str, str]) -> Service:
        dsn = self.postgres.dsn(name).replace("postgresql://", "postgresql+asyncpg://", 1)
        settings = {
            **self.broker.settings,
            **service_keys(name, self._kept),
            "NOPSA_DATABASE_URL": dsn,
            "NOPSA_KAFKA_BOOTSTRAP": self.kafka,
            "NOPSA_ISSUER": self.issuer,
            "NOPSA_SPAN_DIR": str(self.span_dir),
            **extra,
        }
        return Service(name, settings)

    def _integrator(self, record: str) -> Integrator:
        settings = {
            "LIFECARE_KAFKA": self.kafka,
            "LIFECARE_ISSUER": self.issuer,
            "LIFECARE_CONSENT_URL": self.urls["consent"],
            "LIFECARE_SESSION_TIMEOUT_MS": self.broker.settings["NOPSA_KAFKA_SESSION_TIMEOUT_MS"],
        }
        store = self.data_dir / "lifecare" / f"{record}.db"
        return Integrator(record, self.clients[client_name(record)], store, settings)

    @property
    def _has_consent(self) -> bool:
        return "consent" in self.urls

    def _start_backing(self) -> None:
        self._progress("Starting PostgreSQL, the broker and the token issuer ...")
        self.supervisor.add(self._issuer_spec())
        self.supervisor.spawn(["issuer"])
        run = self.supervisor.run
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(lambda part: part.prepare(run), (self.postgres, self.broker)))
        self.supervisor.add(self.postgres.spec())
        self.supervisor.add(self.broker.spec())
        self.supervisor.spawn(_BACKING)
        self.supervisor.wait_ready(_BACKING)
        self.postgres.create_databases([service.name for service in self.services])

    def _start_apps(self) -> None:
        self._progress("Starting the services ...")
        names = [service.name for service in self.services]
        for service in self.services:
            self.supervisor.add(service.app_spec())
            self.supervisor.add(service.worker_spec())
        self.supervisor.spawn(names)
        self._create_topics()
        self.supervisor.wait_ready(names)

    def _start_workers(self) -> None:
        if self._log_begins_empty():
            self._replay_outboxes()
        self._mark_log()
        self._progress("Starting the event workers ...")
        workers = [service.worker for service in self.services]
        self.supervisor.spawn(workers)
        self.supervisor.wait_ready(workers)
        if not self.broker.durable:
            self.supervisor.revive_with("broker", self._revive_broker)

    def _start_integrators(self) -> None:
        names = [integrator.name for integrator in self.integrators]
        for integrator in self.integrators:
            self.supervisor.add(integrator.spec())
        self.supervisor.spawn(names)
        self.supervisor.wait_ready(names)

    def _revive_broker(self) -> None:
        """Bring the in-memory broker back with all that it forgot.

        Workers and integrators stop first: one that kept its position on the old log would skip
        as many events of the new, empty one. They start again once the log is being filled from
        the outboxes.
        """
        workers = [service.worker for service in self.services]
        workers += [integrator.name for integrator in self.integrators]
        self._resting = sorted({*self._resting, *self.supervisor.wanted(workers)})
        self.supervisor.stop(*self._resting)
        self.supervisor.spawn(["broker"])
        self.supervisor.wait_ready(["broker"])
        self._create_topics()
        self._replay_outboxes()
        self.supervisor.spawn(self._resting)
        self._resting = []

    def _create_topics(self) -> None:
        if self.services:
            tool = self.services[0].tool("topics", "shared.topics", "create")
            self.supervisor.run(tool)

    def _replay_outboxes(self) -> None:
        self._progress("Sending again from the outboxes what the broker does not hold ...")
        tools = [
            service.tool(f"replay-{service.name}", "shared.outbox", "replay-all")
            for service in self.services
        ]
        with ThreadPoolExecutor(max_workers=len(tools) or 1) as pool:
            list(pool.map(self.supervisor.run, tools))

    def _log_begins_empty(self) -> bool:
        return self._again and not (self.broker.durable and self._log_mark.exists())

    def _mark_log(self) -> None:
        """Note whether the log on disk holds everything that was ever published."""
        if self.broker.durable:
            self._log_mark.touch()
        else:
            self._log_mark.unlink(missing_ok=True)

    @property
    def _log_mark(self) -> Path:
        return self.data_dir / "log-is-whole"

    def _issuer_spec(self) -> Spec:
        module = [sys.executable, "-m", "deploy.local.issuer"]
        options = [f"--port={self._issuer_port}", f"--data-dir={self.data_dir}"]
        command = Command("issuer", [*module, *options], env=dict(os.environ))
        return Spec(command=command, tier=0, ready=lambda: http_ready(self._issuer_port))

    def _rewrite_ready_files(self) -> None:
        text = json.dumps(self.ready_document(), indent=2)
        for path in self._ready_files:
            write_private(path, text)


def fetch_token(issuer: str, client: Mapping[str, Any]) -> str:
    """An access token for the client, by the client credentials grant."""
    answer = httpx.post(
        f"{issuer}/token",
        data={"grant_type": "client_credentials"},
        auth=(str(client["client_id"]), str(client["client_secret"])),
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])
