"""What all services stand on: the broker and its topics, the token issuer, certificates."""

import asyncio
import ssl
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from aiokafka.errors import KafkaError
from cryptography import x509

from deploy.ops.doctor.finding import Finding
from deploy.ops.lag import measure, topics_of
from shared.contracts.topics import ALL, dead_letter
from shared.settings import KafkaSettings

SECONDS = 8.0
MESSAGES_BEHIND = 1_000
EXPIRES_SOON = timedelta(days=21)


async def examine_broker(kafka: KafkaSettings) -> list[Finding]:
    """The broker, its topics, and how far the groups are behind."""
    try:
        async with asyncio.timeout(4 * SECONDS):
            return [_topics(await topics_of(kafka)), await _lag(kafka)]
    except (KafkaError, OSError, TimeoutError) as error:
        return [
            Finding(
                "broker",
                wrong=f"it does not answer at {kafka.bootstrap} ({type(error).__name__})",
                advice="Start the broker, or mend NOPSA_KAFKA_*. Referrals are still taken; their "
                "events wait in the outboxes.",
            )
        ]


def _topics(there: set[str]) -> Finding:
    missing = sorted({name for topic in ALL for name in (topic, dead_letter(topic))} - there)
    if not missing:
        return Finding("topics", seen=f"all {2 * len(ALL)} are there")
    return Finding(
        "topics",
        wrong=f"missing: {', '.join(missing)}",
        advice="Make them: python -m shared.topics create (or apply the KafkaTopic manifests).",
    )


async def _lag(kafka: KafkaSettings) -> Finding:
    behind: dict[tuple[str, str], int] = {}
    for place in await measure(kafka):
        key = place.group, place.topic
        behind[key] = behind.get(key, 0) + place.messages
    far = {key: count for key, count in behind.items() if count > MESSAGES_BEHIND}
    if not far:
        return Finding("consumer lag", seen=f"{sum(behind.values())} messages in all")
    told = ", ".join(f"{group} {count} on {topic}" for (group, topic), count in far.items())
    return Finding(
        "consumer lag",
        wrong=told,
        advice="See that those event processes run (partition_held in their logs names a message "
        "that fails), or run more of them: up to one a partition helps.",
    )


async def examine_issuer(issuer: str) -> list[Finding]:
    """Whether tokens can be checked."""
    try:
        async with httpx.AsyncClient(timeout=SECONDS) as http:
            told = await http.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            keys = (await http.get(told.raise_for_status().json()["jwks_uri"])).json()["keys"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        return [
            Finding(
                "token issuer",
                wrong=f"its keys cannot be read from {issuer} ({type(error).__name__})",
                advice="Start the issuer, or mend NOPSA_ISSUER; services know its keys for five "
                "minutes, then refuse every caller.",
            )
        ]
    return [Finding("token issuer", seen=f"{len(keys)} keys")]


async def examine_certificates(files: Iterable[Path], urls: Iterable[str]) -> list[Finding]:
    """How long certificates hold: those in files, and those that servers show."""
    findings = [_expiry(str(path), await asyncio.to_thread(_of_file, path)) for path in files]
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname:
            place = parts.hostname, parts.port or 443
            findings.append(_expiry(url, await asyncio.to_thread(_of_server, place)))
    return findings


def _of_file(path: Path) -> Sequence[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return ()


def _of_server(place: tuple[str, int]) -> Sequence[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(
            ssl.get_server_certificate(place, timeout=SECONDS).encode()
        )
    except (OSError, ValueError):
        return ()


def _expiry(place: str, found: Sequence[x509.Certificate]) -> Finding:
    what = f"certificate of {place}"
    if not found:
        return Finding(what, wrong="it cannot be read", advice="See that it is there, as PEM.")
    ends = min(certificate.not_valid_after_utc for certificate in found)
    if ends - datetime.now(UTC) > EXPIRES_SOON:
        return Finding(what, seen=f"holds until {ends:%Y-%m-%d}")
    return Finding(
        what,
        wrong=f"it holds until {ends:%Y-%m-%d %H:%M} only",
        advice="Put a new one in its place; every new connection reads it anew.",
    )
