"""A running service tried against its own OpenAPI document, with every check of schemathesis."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from shared import metrics
from tests.support.attacks import Attack
from tests.support.deeper import examples

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


async def try_all(
    attack: Attack, url: str, headers: Mapping[str, str], workspace: Path, *, usual: int
) -> None:
    """Tries a service of this process as `findings` does, `usual` requests an operation or as many
    as there is time for, and counts what it answered."""
    before = _answered()
    found = await findings(url, headers, workspace, max_examples=examples(usual))
    answered = _answered() - before
    attack.take(answered["2"] + answered["3"])
    attack.refuse(answered["4"])
    if found or answered["5"]:
        attack.went_wrong(found or f"{answered['5']} answers were 5xx")


def _answered() -> Counter[str]:
    """The answers of this process so far, by the first digit of their status."""
    return Counter(
        {
            digit: int(
                sum(
                    sample.value
                    for metric in metrics.REQUESTS.collect()
                    for sample in metric.samples
                    if sample.name.endswith("_count") and sample.labels["status"][0] == digit
                )
            )
            for digit in "2345"
        }
    )
