"""`nopsa rebuild`: a service's projections made anew from every event, while the old ones serve."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.running import DEFAULT_DATA_DIR, READY_FILE, DataDir, fail, running_stack

WRITERS = ("referral", "caseload", "consent")
"""The services whose events the reports are made of."""


class Rebuilt(StrEnum):
    """What can be rebuilt."""

    ANALYTICS = "analytics"


class Memory(StrEnum):
    """Where the events are read."""

    ARCHIVE = "archive"
    LOG = "log"


def rebuild(
    what: Annotated[Rebuilt, typer.Argument(help="Whose projections.")],
    source: Annotated[
        Memory,
        typer.Option(
            "--from", help="The outboxes, which keep every event, or the topics, which may forget."
        ),
    ] = Memory.ARCHIVE,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Make the reports' tables anew from every event, and switch to them when they are whole.

    On the stack of the data folder; where none has run, on what NOPSA_DATABASE_URL, NOPSA_ARCHIVES
    and NOPSA_KAFKA_* name.
    """
    module = f"services.{what}.rebuild"
    command = [sys.executable, "-m", module, "--from", source]
    ended = subprocess.run(command, env={**os.environ, **_wiring(what, data_dir)}, check=False)
    raise typer.Exit(ended.returncode)


def _wiring(what: Rebuilt, data_dir: Path) -> dict[str, str]:
    """By environment, not by arguments: every user of the machine can read these."""
    if not (data_dir / READY_FILE).exists() and "NOPSA_DATABASE_URL" in os.environ:
        return {}
    stack = running_stack(data_dir)
    dsns = stack["postgres"]
    if what not in dsns:
        raise fail(f"The stack on {data_dir} has no {what} service.")
    return {
        "NOPSA_DATABASE_URL": dsns[what].replace("postgresql://", "postgresql+asyncpg://", 1),
        "NOPSA_ARCHIVES": json.dumps({name: dsns[name] for name in WRITERS if name in dsns}),
        "NOPSA_KAFKA_BOOTSTRAP": stack["kafka"],
        # The embedded broker has no transactions to wait for the end of.
        "NOPSA_KAFKA_IDEMPOTENT_PRODUCER": "false",
    }
