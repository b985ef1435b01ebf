"""The services as processes: their commands, and the environment that is all they are told."""

from __future__ import annotations

import base64
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.files import Secrets
from deploy.local.ports import free_port
from deploy.local.probes import http_ready
from deploy.local.process import Command, Spec

SERVICES = ("referral", "caseload", "consent", "analytics")

# What a user may change by setting the variable before the start.
_DEFAULTS = {
    "NOPSA_ENVIRONMENT": "local",
    "NOPSA_ALLOW_TEST_IDENTITY_CODES": "true",
    "NOPSA_KAFKA_FETCH_MAX_WAIT_MS": "30",
    # Nothing here is real, so that erasure can be tried without waiting ten years.
    "NOPSA_ALLOW_RETENTION_AHEAD": "true",
    # Who tries the stack has an endpoint for webhooks on this machine.
    "NOPSA_WEBHOOK_ALLOW_PRIVATE_ADDRESSES": "true",
    "NOPSA_WEBHOOK_PORTS": "[]",
}


@dataclass(frozen=True)
class Service:
    """One service: an HTTP process and an event process, each with a port of its own."""

    name: str
    settings: Mapping[str, str]
    http_port: int = field(default_factory=free_port)
    worker_port: int = field(default_factory=free_port)

    @property
    def worker(self) -> str:
        """The name of the event process."""
        return f"{self.name}-worker"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def worker_url(self) -> str:
        return f"http://127.0.0.1:{self.worker_port}"

    def environment(self, port: int) -> dict[str, str]:
        """Everything the process gets; what wires it to the stack cannot be overridden."""
        wiring = {"NOPSA_HTTP_HOST": "127.0.0.1", "NOPSA_HTTP_PORT": str(port)}
        return {**_DEFAULTS, **os.environ, **self.settings, **wiring}

    def app_spec(self) -> Spec:
        """The HTTP process."""
        return self._spec(self.name, f"services.{self.name}.app", self.http_port, tier=1)

    def worker_spec(self) -> Spec:
        """The event process: relay and consumers."""
        return self._spec(self.worker, f"services.{self.name}.worker", self.worker_port, tier=2)

    def tool(self, name: str, *arguments: str) -> Command:
        """A command that ends, with this service's environment."""
        return Command(name, [sys.executable, "-m", *arguments], self.environment(self.http_port))

    def _spec(self, name: str, module: str, port: int, tier: int) -> Spec:
        command = Command(name, [sys.executable, "-m", module], self.environment(port))
        return Spec(command=command, tier=tier, ready=lambda: http_ready(port))


def service_keys(name: str, kept: Secrets) -> dict[str, str]:
    """The service's own keys for field encryption and look-up, made once."""
    return {
        f"NOPSA_{purpose.upper()}_KEYS": kept.get(f"{purpose}/{name}", _key_ring)
        for purpose in ("encryption", "index")
    }


def span_dir(data_dir: Path) -> Path:
    """Where services leave their spans when no OTLP endpoint is set."""
    return data_dir / "spans"


def _key_ring() -> str:
    return "k1:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
