"""What the commands for operators share: how they find the running system, and its databases."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import asyncpg
import typer
from aiokafka.errors import KafkaError

from deploy.cli.running import READY_FILE, fail
from deploy.ops.system import NowhereError, System, find

OfService = Annotated[
    str | None, typer.Option("--service", help="Only this service: referral, caseload ...")
]
Found = TypeVar("Found")


def the_system(data_dir: Path, service: str | None) -> System:
    """The running system, or an end that says how to name one."""
    try:
        return find(data_dir / READY_FILE, service)
    except (NowhereError, ValueError) as error:
        raise fail(str(error)) from error


def finish(work: Coroutine[Any, Any, Found]) -> Found:
    """Runs to the end; what cannot be reached is said in a line."""
    try:
        return asyncio.run(work)
    except (OSError, TimeoutError, asyncpg.PostgresError, KafkaError) as error:
        raise fail(f"A database or the broker did not answer: {type(error).__name__}") from error
