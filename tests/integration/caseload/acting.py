"""A case in the hands of its team: each act goes out with the ETag of the act before."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from services.caseload.cases.folding import Folded, fold
from shared.contracts import event_class
from shared.contracts.caseload import CaseEvent
from tests.integration.caseload.conftest import Service, referral


def moment(**ago: float) -> str:
    """A moment so long ago; ahead with negative numbers."""
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


@dataclass
class Hands:
    """Who works on which case."""

    service: Service
    case_id: str
    etag: str
    headers: dict[str, str]

    async def act(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """POST under the case; moves the ETag on."""
        sent = (
            self.headers
            | {"If-Match": self.etag}
            | {k.replace("_", "-"): v for k, v in headers.items()}
        )
        url = f"/v1/cases/{self.case_id}/{path}"
        answer = await self.service.http.post(url, json=body, headers=sent)
        if answer.is_success and "ETag" in answer.headers:
            self.etag = answer.headers["ETag"]
        return answer

    async def do(self, path: str, body: Any = None) -> dict[str, Any]:
        """The same, where it must succeed; the answer's body."""
        answer = await self.act(path, body)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def see(self) -> dict[str, Any]:
        """The case as it is now; its ETag is the one that goes out next."""
        answer = await self.service.http.get(f"/v1/cases/{self.case_id}", headers=self.headers)
        self.etag = answer.headers["ETag"]
        return dict(answer.json())

    async def reach(self) -> None:
        """The client is reached."""
        await self.do(
            "contact-attempts", {"channel": "phone", "outcome": "reached", "at": moment()}
        )

    async def support(self) -> None:
        """The client is reached and assessed, and is in support."""
        await self.reach()
        await self.do("assessment", {"action": "start"})
        await self.do("assessment", {"action": "complete"})

    async def told(self) -> list[CaseEvent]:
        """The events of the case, as any consumer would parse them."""
        rows = await self.service.rows("SELECT value, headers FROM outbox ORDER BY id")
        return case_events(rows, self.case_id)

    async def types(self) -> list[str]:
        """What happened, in the words of the topic."""
        happened = await self.service.events()
        ours = [event for event in happened if event.data["aggregate_id"] == self.case_id]
        return [event.type.removeprefix("case.") for event in ours]

    async def folded(self) -> Folded:
        """The case as its events tell it."""
        return fold(await self.told())


def case_events(rows: list[Any], case_id: str) -> list[CaseEvent]:
    """The events of one case among rows of the outbox."""
    found = []
    for row in rows:
        headers = dict(json.loads(row["headers"]))
        cls = event_class(headers["ce_type"])
        if headers["ce_subject"] == case_id and cls is not None and issubclass(cls, CaseEvent):
            found.append(cls.model_validate_json(row["value"]))
    return found


async def take_on(service: Service, **changes: Any) -> Hands:
    """A client is referred now; the case, in an administrator's hands."""
    data = await service.take(referral(received_at=datetime.now(UTC), **changes))
    case = await service.case_of(data)
    return Hands(service, case["id"], case["etag"], service.admin())
