"""The reference integrator against a nopsa that misbehaves in every way a network knows."""

import base64
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import ConsumerRecord
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import SecretStr

from deploy.lifecare.adapter import Adapter
from deploy.lifecare.nopsa import Later
from deploy.lifecare.settings import Settings
from tests.support.servers import served

DOCUMENT, CLIENT = str(uuid4()), str(uuid4())
TEXT = b"What they agreed on."


@dataclass
class Nopsa:
    """Answers as it is told to: `answers` come first, then everything is well."""

    answers: list[Response] = field(default_factory=list)
    text: bytes | None = TEXT
    version: int = 1
    digest_of: bytes | None = None
    tokens: int = 0
    receipts: list[dict[str, Any]] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def discovery(request: Request) -> dict[str, Any]:
            return {"token_endpoint": f"{request.base_url}token"}

        @app.post("/token")
        def token() -> dict[str, Any]:
            self.tokens += 1
            return {"access_token": f"t{self.tokens}", "expires_in": 600}

        @app.get("/v1/documents/{document_id}/content")
        def content() -> Response:
            if self.answers:
                return self.answers.pop(0)
            if self.text is None:
                return JSONResponse({"code": "not_found"}, 404)
            digest = base64.b64encode(sha256(self.digest_of or self.text).digest()).decode()
            headers = {
                "Document-Version": str(self.version),
                "Repr-Digest": f"sha-256=:{digest}:",
            }
            return Response(self.text, media_type="text/plain", headers=headers)

        @app.post("/v1/documents/{document_id}/receipts")
        async def receipt(request: Request) -> Response:
            if self.answers:
                return self.answers.pop(0)
            self.receipts.append(await request.json())
            return JSONResponse({}, 201)

        return app


@dataclass
class Desk:
    """An adapter, the nopsa it talks to, and its file."""

    nopsa: Nopsa
    adapter: Adapter
    store: Path

    async def ready(self, version: int = 1, document_version: int = 1) -> None:
        data = {
            "aggregate_id": DOCUMENT,
            "version": version,
            "client_ref": CLIENT,
            "kind": "joint_plan",
            "document_version": document_version,
            "detail_url": f"/v1/documents/{DOCUMENT}/content",
        }
        await self.adapter._follow(record("document-ready", data))

    async def withdrawn(self, version: int) -> None:
        data = {"aggregate_id": DOCUMENT, "version": version}
        await self.adapter._follow(record("document-withdrawn", data))

    def rows(self, table: str = "documents") -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.store)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(f"SELECT * FROM {table}")]


def record(word: str, data: dict[str, Any]) -> ConsumerRecord:
    headers = (("ce_type", f"nopsa.record.social.{word}.v1".encode()),)
    value = json.dumps(data).encode()
    return ConsumerRecord(
        "nopsa.record.social.v1", 0, 0, 0, 0, b"k", value, None, 1, len(value), headers
    )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    nopsa, store = Nopsa(), tmp_path / "social.db"
    async with served(nopsa.app()) as url:
        settings = Settings(
            kafka="127.0.0.1:1",
            issuer=url,
            client_id="lifecare-social",
            client_secret=SecretStr("s"),
            consent_url=url,
            store=store,
        )
        adapter = Adapter("social", settings)
        yield Desk(nopsa, adapter, store)
        await adapter._nopsa.close()
        adapter._store.close()


async def test_a_text_is_stored_and_confirmed_once_however_often_it_is_told(desk: Desk) -> None:
    for _ in range(3):
        await desk.ready()
    [row] = desk.rows()
    assert (row["content"], row["confirmed"]) == (TEXT, 1)
    [receipt] = desk.nopsa.receipts
    assert receipt == {
        "record": "social",
        "record_id": "SOC-000001",
        "stored_at": row["stored_at"],
        "version": 1,
    }


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_what_may_go_better_later_is_tried_again_and_nothing_is_stored(
    desk: Desk, status: int
) -> None:
    desk.nopsa.answers = [JSONResponse({}, status, headers={"Retry-After": "7"})]
    with pytest.raises(Later) as later:
        await desk.ready()
    assert later.value.seconds == 7
    assert desk.rows() == []
    await desk.ready()
    assert len(desk.nopsa.receipts) == 1
    assert desk.nopsa.tokens == (2 if status == 401 else 1)


async def test_a_receipt_that_did_not_arrive_is_sent_again_as_it_was(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = desk.adapter._nopsa.confirm
    failures = [Later("down")]

    async def failing(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        await original(*arguments)

    monkeypatch.setattr(desk.adapter._nopsa, "confirm", failing)
    with pytest.raises(Later):
        await desk.ready()
    [before] = desk.rows()
    assert (before["content"], before["confirmed"]) == (TEXT, 0)
    await desk.ready()
    assert desk.nopsa.receipts[0]["stored_at"] == before["stored_at"]
    assert desk.rows()[0]["confirmed"] == 1


async def test_a_text_that_arrived_in_part_is_fetched_again(desk: Desk) -> None:
    desk.nopsa.digest_of = TEXT + b" And more."
    with pytest.raises(Later):
        await desk.ready()
    assert desk.rows() == []


async def test_what_may_not_be_read_any_more_is_passed_by(desk: Desk) -> None:
    desk.nopsa.text = None
    await desk.ready()
    assert (desk.rows(), desk.nopsa.receipts, desk.rows("set_aside")) == ([], [], [])


async def test_a_conflict_is_set_aside_for_people(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.ready()
    desk.nopsa.version, desk.nopsa.text = 2, b"New."
    original = desk.adapter._nopsa.read

    async def then_conflict(*arguments: Any) -> Any:
        text = await original(*arguments)
        desk.nopsa.answers = [JSONResponse({"code": "receipt_conflict"}, 409)]
        return text

    monkeypatch.setattr(desk.adapter._nopsa, "read", then_conflict)
    await desk.ready(version=3, document_version=2)
    assert [row["reason"] for row in desk.rows("set_aside")] == ["receipt_conflict"]


async def test_a_newer_text_than_the_event_tells_of_is_stored_once(desk: Desk) -> None:
    desk.nopsa.version = 2
    await desk.ready(version=1, document_version=1)
    await desk.ready(version=3, document_version=2)
    assert [receipt["version"] for receipt in desk.nopsa.receipts] == [2]


async def test_what_is_withdrawn_is_taken_out_and_stays_out_when_the_topic_repeats_itself(
    desk: Desk,
) -> None:
    await desk.ready()
    await desk.withdrawn(version=4)
    await desk.ready()
    [row] = desk.rows()
    assert (row["content"], row["withdrawn_at"] is not None) == (None, True)
    desk.nopsa.version, desk.nopsa.text = 2, b"Permitted again."
    await desk.ready(version=5, document_version=2)
    await desk.withdrawn(version=4)
    assert desk.rows()[0]["content"] == b"Permitted again."
    assert len({receipt["record_id"] for receipt in desk.nopsa.receipts}) == 1
