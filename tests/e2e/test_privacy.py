"""Identity codes, names, phones and free text are fed in everywhere, and come out nowhere."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from shared.contracts.topics import ALL
from shared.settings import KafkaSettings
from tests.support.bodies import new_key, referral_body
from tests.support.house import House
from tests.support.topics import read_all

CODE = "240272-902S"
SECRETS = (
    CODE,
    CODE.lower(),
    "Kyösti",
    "Salaperäinen",
    "0457771234",
    "457 771 234",
    "kyosti@salainen.example",
    "Sillan alla",
    "Pelkää naapuria",
)
CALLERS = ("admin", "lead", "worker", "prison", "landlord", "analyst")
METHODS = ("get", "post", "put", "patch", "delete")


def sensitive_body() -> dict[str, Any]:
    return referral_body(
        client={
            "identity_code": CODE,
            "given_name": "Kyösti",
            "family_name": "Salaperäinen",
            "phone": "+358 457 771 234",
            "email": "kyosti@salainen.example",
            "whereabouts": "Sillan alla",
        },
        narrative="Pelkää naapuria",
        contact_person={"name": "Kyösti Salaperäinen", "phone": "0457771234"},
    )


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Method, path and query parameters of everything that a service offers."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                parameters = item[method].get("parameters", [])
                yield method, path, [p["name"] for p in parameters if p["in"] == "query"]


def filled(path: str, secret: str) -> str:
    """The path with the secret in every place of a parameter."""
    parts = path.split("/")
    return "/".join(quote(secret) if part.startswith("{") else part for part in parts)


def bodies() -> list[bytes]:
    """Bodies that every operation must refuse: each holds everything in the wrong places."""
    wrong = {CODE: CODE, "Kyösti": "Salaperäinen", "unknown": sensitive_body()}
    return [
        json.dumps(wrong).encode(),
        json.dumps(sensitive_body() | {"unknown": CODE}).encode(),
        json.dumps([SECRETS]).encode(),
        json.dumps(sensitive_body()).encode()[:-3],
    ]


def requests_to(house: House, service: str, document: dict[str, Any]) -> Iterator[httpx.Request]:
    """Every operation with secrets in path, query, headers and body, as every kind of caller."""
    for method, path, query in operations(document):
        for number, caller in enumerate(CALLERS):
            secret = SECRETS[number]
            headers = house.headers(caller) | new_key() | {"Content-Type": "application/json"}
            headers["If-Match"] = quote(secret)
            yield house.http.build_request(
                method,
                house.stack.urls[service] + filled(path, secret),
                params=dict.fromkeys(query, secret),
                content=bodies()[number % 4] if method != "get" else None,
                headers=headers,
            )
    for secret in SECRETS:
        url = f"{house.stack.urls[service]}/v1/{quote(secret)}?q={quote(secret)}"
        yield house.http.build_request("GET", url, headers=house.headers("lead"))
        yield house.http.build_request("GET", url, headers={"Authorization": f"Bearer {CODE}"})


def assert_clean(text: str, where: str) -> None:
    found = [secret for secret in SECRETS if secret in text or quote(secret) in text]
    escaped = [secret for secret in SECRETS if json.dumps(secret)[1:-1] in text]
    assert found + escaped == [], f"{found + escaped} in {where}"


@pytest.mark.parametrize("service", ["referral", "caseload", "consent", "analytics"])
async def test_no_error_body_echoes_what_was_sent(house: House, service: str) -> None:
    document = (await house.http.get(house.stack.urls[service] + "/openapi.json")).json()
    tried = 0
    for request in requests_to(house, service, document):
        answer = await house.http.send(request)
        tried += 1
        assert answer.status_code < 500, (request.method, request.url.path)
        if answer.status_code >= 400:
            assert_clean(answer.text, f"{request.method} {service} {answer.text}")
    assert tried > 30


async def test_nothing_identifying_is_in_logs_spans_or_events(
    house: House, topics: KafkaSettings
) -> None:
    referral_id = await house.refer("prison", sensitive_body())
    await house.refer("landlord", sensitive_body())
    await asyncio.sleep(3)
    for folder in (house.stack.log_dir, house.stack.span_dir):
        for path in folder.iterdir():
            assert_clean(await asyncio.to_thread(_text, path), path.name)
    records = await read_all(
        topics,
        ALL,
        enough=lambda found: any(referral_id.encode() in (r.value or b"") for r in found),
    )
    assert any(referral_id.encode() in (record.value or b"") for record in records)
    for record in records:
        headers = " ".join(f"{name} {value!r}" for name, value in record.headers)
        assert_clean(f"{record.key!r} {record.value!r} {headers}", record.topic)


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")
