"""The reference integrators as processes: each knows its own client, its file, and addresses."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.process import Command, Spec

RECORDS = ("social", "health")


@dataclass(frozen=True)
class Integrator:
    """The adapter of one record system; `settings` say where nopsa is."""

    record: str
    client: Mapping[str, Any]
    store: Path
    settings: Mapping[str, str]

    @property
    def name(self) -> str:
        """Its name as a process, which is its API client's too."""
        return client_name(self.record)

    def spec(self) -> Spec:
        """The process; it is ready once it has its file."""
        env = {
            **os.environ,
            **self.settings,
            "LIFECARE_CLIENT_ID": str(self.client["client_id"]),
            "LIFECARE_CLIENT_SECRET": str(self.client["client_secret"]),
            "LIFECARE_STORE": str(self.store),
        }
        argv = [sys.executable, "-m", "deploy.lifecare", self.record]
        return Spec(command=Command(self.name, argv, env), tier=3, ready=self.store.exists)


def client_name(record: str) -> str:
    """The API client of a record system in the demo region."""
    return f"lifecare-{record}"
