"""A worker who writes documents, and the two record systems that read and confirm them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from tests.integration.consent.conftest import Service

TEXT = "Tavataan joka toinen viikko; asuntohakemus lähtee perjantaina."
OTHER = {"social": "health", "health": "social"}


@dataclass
class Office:
    """Documents of one client."""

    service: Service
    client_ref: str

    async def permit(self, direction: str = "social_to_health", **changes: Any) -> dict[str, Any]:
        """The client consents; the consent."""
        given = await self.service.give(client_ref=self.client_ref, direction=direction, **changes)
        assert given.status_code == 201, given.text
        return dict(given.json())

    async def write(self, **changes: Any) -> dict[str, Any]:
        """A joint plan written in the social record, unless changed; the document with its etag."""
        made = await self.post("", self.body(**changes))
        assert made.status_code == 201, made.text
        return dict(made.json()) | {"etag": made.headers["etag"]}

    def body(self, **changes: Any) -> dict[str, Any]:
        return {
            "client_ref": self.client_ref,
            "kind": "joint_plan",
            "written_in": "social",
            "media_type": "text/plain",
            "content": TEXT,
        } | changes

    async def rewrite(self, document_id: str, content: str = "Uusi suunnitelma.") -> dict[str, Any]:
        """The next text; the document."""
        etag = (await self.look(document_id)).headers["etag"]
        made = await self.post(f"/{document_id}/versions", {"content": content}, etag=etag)
        assert made.status_code == 201, made.text
        return dict(made.json())

    async def post(
        self, path: str, body: Any, etag: str | None = None, **headers: str
    ) -> httpx.Response:
        sent = self.worker() | headers | ({"If-Match": etag} if etag else {})
        return await self.service.http.post(f"/v1/documents{path}", json=body, headers=sent)

    async def look(self, document_id: str, who: dict[str, str] | None = None) -> httpx.Response:
        return await self.service.http.get(
            f"/v1/documents/{document_id}", headers=who or self.worker()
        )

    async def state(self, document_id: str) -> str:
        return str((await self.look(document_id)).json()["state"])

    async def read(self, record: str, document_id: str) -> httpx.Response:
        """The claim check."""
        url = f"/v1/documents/{document_id}/content"
        return await self.service.http.get(url, headers=self.record(record))

    async def confirm(
        self, record: str, document_id: str, *, by: str | None = None, **changes: Any
    ) -> httpx.Response:
        """A receipt of a record system, by its own token unless another's is named."""
        body = {
            "record": record,
            "record_id": f"{record[:3].upper()}-1",
            "stored_at": datetime.now(UTC).isoformat(),
        } | changes
        url = f"/v1/documents/{document_id}/receipts"
        headers = self.record(by or record)
        return await self.service.http.post(url, json=body, headers=headers)

    def worker(self) -> dict[str, str]:
        return self.service.caller("documents:write documents:read", org=str(uuid4()))

    def record(self, record: str) -> dict[str, str]:
        return self.service.mint.headers(
            "documents:read records:receipt", client_id=f"lifecare-{record}", org=record
        )

    async def told(self, topic: str) -> list[tuple[str, dict[str, Any]]]:
        """What lies in the outbox for a topic: the last word of the type, and the data."""
        rows = await self.service.rows(
            "SELECT headers, value FROM outbox WHERE topic = $1 ORDER BY id", topic
        )
        return [
            (
                dict(json.loads(row["headers"]))["ce_type"].split(".")[-2],
                json.loads(row["value"]),
            )
            for row in rows
        ]

    async def words(self, record: str) -> list[str]:
        """What a record system was told, in order."""
        return [word for word, _ in await self.told(f"nopsa.record.{record}.v1")]

    async def statuses(self) -> list[str]:
        return [word for word, _ in await self.told("nopsa.record-status.v1")]
