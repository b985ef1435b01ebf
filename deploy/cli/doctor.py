"""`nopsa doctor`: looks a running system over and says in words what is wrong, and what to do.

Exit code 0 when all is well, 1 when anything is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

from deploy.cli.operating import OfService, the_system
from deploy.cli.running import DEFAULT_DATA_DIR, DataDir, running_stack
from deploy.local.stack import fetch_token
from deploy.ops.doctor import databases, keys, processes, surroundings
from deploy.ops.doctor.finding import Finding
from deploy.ops.surroundings import environment_of
from deploy.ops.system import System

Examination = Coroutine[Any, Any, list[Finding]]
console = Console(highlight=False)


def doctor(
    service: OfService = None,
    url: Annotated[
        list[str] | None,
        typer.Option(help="Also ask the process at this address; repeat for several."),
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Look a running system over, and say what is wrong and what to do."""
    system = the_system(data_dir, service)
    findings = asyncio.run(_examine(system, data_dir, url or []))
    findings += _disclosure_chain(system, data_dir)
    wrong = [finding for finding in findings if not finding.is_well]
    for finding in findings:
        if finding.is_well:
            console.print(f"[green]well[/]   {finding.what}: {finding.seen}", soft_wrap=True)
    for finding in wrong:
        console.print(f"[red]WRONG[/]  {finding.what}: {finding.wrong}", soft_wrap=True)
        console.print(f"       {finding.advice}", soft_wrap=True)
    if wrong:
        console.print(f"\n{len(wrong)} of {len(findings)} things looked at need doing.")
        raise typer.Exit(1)
    console.print(f"\nAll is well: {len(findings)} things looked at.")


async def _examine(system: System, data_dir: Path, urls: list[str]) -> list[Finding]:
    known = {name: url for place in system.services.values() for name, url in place.urls.items()}
    known |= {url: url for url in urls}
    examinations: list[Examination] = [
        processes.examine(known),
        *(databases.examine(place) for place in system.services.values()),
        *(
            keys.examine(name, environment_of(system, place, data_dir))
            for name, place in system.services.items()
        ),
        surroundings.examine_broker(system.kafka),
        surroundings.examine_certificates(
            system.certificates, [*known.values(), system.issuer or ""]
        ),
    ]
    if system.issuer:
        examinations.append(surroundings.examine_issuer(system.issuer))
    return [finding for found in await asyncio.gather(*examinations) for finding in found]


def _disclosure_chain(system: System, data_dir: Path) -> list[Finding]:
    """Whether the disclosure log is whole; asked where we have a client that may."""
    consent = system.services.get("consent")
    if consent is None or "consent" not in consent.urls or system.issuer is None:
        return []
    what = "disclosure log"
    try:
        token = fetch_token(system.issuer, running_stack(data_dir)["clients"]["admin"])
        answer = httpx.get(
            f"{consent.urls['consent']}/v1/audit/verify",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        proof = answer.raise_for_status().json()
    except httpx.HTTPError as error:
        wrong = f"it could not be proved ({type(error).__name__})"
        return [Finding(what, wrong=wrong, advice="See to what is wrong above, then ask again.")]
    if proof["whole"]:
        return [Finding(what, seen=f"whole, {proof['rows']} rows")]
    return [
        Finding(
            what,
            wrong="its chain is broken: rows were changed or taken away",
            advice="Tell the data protection officer, keep the database as it is, and compare "
            "with the seals kept outside (services/consent/disclosures/README.md).",
        )
    ]
