"""What the processes tell of themselves: whether they are ready, and what their gauges count."""

from collections.abc import Mapping, Sequence

import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy.ops.doctor.finding import Finding

SECONDS = 8.0
Samples = Mapping[tuple[str, str], float]
"""Values by metric and by the label that matters."""


async def examine(urls: Mapping[str, str]) -> list[Finding]:
    """Everything about these processes."""
    findings: list[Finding] = []
    samples: dict[tuple[str, str], float] = {}
    async with httpx.AsyncClient(timeout=SECONDS) as http:
        for name, url in urls.items():
            findings.append(await _readiness(http, name, url))
            if findings[-1].is_well:
                samples |= await _samples(http, url)
    return findings + _gauges(samples)


async def _readiness(http: httpx.AsyncClient, name: str, url: str) -> Finding:
    what = f"{name}: readiness"
    try:
        told = (await http.get(f"{url}/readyz")).json()
        status, failing = told["status"], told["failing"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        return Finding(
            what,
            wrong=f"it does not answer at {url} ({type(error).__name__})",
            advice="Look whether the process runs, and at the end of its log.",
        )
    if status == "ready":
        return Finding(what, seen="ready")
    return Finding(
        what,
        wrong=f"it is {status}: {', '.join(failing)} does not answer",
        advice=f"See to {', '.join(failing)}; the process comes back by itself.",
    )


async def _samples(http: httpx.AsyncClient, url: str) -> dict[tuple[str, str], float]:
    text = (await http.get(f"{url}/metrics")).text
    return {
        (sample.name, sample.labels.get("state", sample.labels.get("kind", ""))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if family.name.startswith("nopsa_")
    }


_WATCHED: Sequence[tuple[str, str, str, str]] = (
    (
        "nopsa_webhooks_disabled",
        "",
        "webhook endpoints answered that they are gone, and are told nothing",
        "Ask those partners for their address; GET /v1/partners/{id}/webhooks shows which.",
    ),
    (
        "nopsa_documents",
        "overdue",
        "documents were not confirmed by their record systems in time",
        "GET /v1/documents?state=half_stored shows which; see that the record system's adapter "
        "runs.",
    ),
    (
        "nopsa_documents",
        "conflict",
        "documents were confirmed twice and differently",
        "GET /v1/documents?state=conflict shows which; the record system's keeper must say which "
        "holds.",
    ),
    (
        "nopsa_deadlines_overdue",
        "contact",
        "clients wait past the time in which they were to be contacted",
        "The team's lead sees them first in GET /v1/worklist; consider redirecting intake.",
    ),
    (
        "nopsa_deadlines_overdue",
        "assessment",
        "clients wait past the statutory day for beginning an assessment",
        "The team's lead must act today: GET /v1/worklist.",
    ),
)


def _gauges(samples: Samples) -> list[Finding]:
    findings = []
    for metric, label, wrong, advice in _WATCHED:
        count = samples.get((metric, label))
        if count is None:
            continue
        what = f"{metric.removeprefix('nopsa_').replace('_', ' ')} {label}".strip()
        if count:
            findings.append(Finding(what, wrong=f"{count:.0f} {wrong}", advice=advice))
        else:
            findings.append(Finding(what, seen="none"))
    return findings
