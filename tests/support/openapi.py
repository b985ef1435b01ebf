"""A running service tried against its own OpenAPI document, with every check of schemathesis."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

_CONFIG = Path(__file__).with_name("schemathesis.toml")
_ENVIRONMENT = {
    "PYTHONPATH": str(Path(__file__).parents[2]),
    "SCHEMATHESIS_HOOKS": "tests.support.schemathesis_hooks",
}


async def findings(
    url: str, headers: Mapping[str, str], workspace: Path, *, max_examples: int
) -> str:
    """What schemathesis found wrong, in its own words; empty when nothing was.

    Each operation is sent its documented examples, the borders of its schema, and `max_examples`
    generated requests, some of which fit the schema and some do not. What schemathesis keeps of
    its run goes into `workspace`.
    """
    arguments = [
        "run",
        f"{url}/openapi.json",
        "--checks=all",
        "--phases=examples,coverage,fuzzing",
        f"--max-examples={max_examples}",
        "--suppress-health-check=all",
        "--generation-deterministic",
        "--no-color",
        *(f"--header={name}: {value}" for name, value in headers.items()),
    ]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "schemathesis.cli",
        f"--config-file={_CONFIG}",
        *arguments,
        cwd=workspace,
        env={**os.environ, **_ENVIRONMENT},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return output.decode() if process.returncode else ""
