"""What leads do in the tests: pause a source, send a worker away, change what there is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from shared.calendar import finnish_day
from tests.integration.caseload.conftest import Service

TODAY = finnish_day(datetime.now(UTC))


def lead(service: Service, team: str, **headers: str) -> dict[str, str]:
    """Headers of a lead, who decides for one team."""
    scope = "cases:read cases:write teams:admin"
    return service.mint.headers(scope, client_id="lead", org=team) | headers


async def set_intake(
    service: Service, team: str, kind: str = "prison", *, state: str = "paused", **body: Any
) -> httpx.Response:
    """Pauses or opens a source as an administrator who has read what there is."""
    path = f"/v1/teams/{team}/intake/{kind}"
    read = await service.http.get(path, headers=service.admin())
    headers = service.admin() | {"If-Match": read.headers["ETag"]}
    body = {"state": state, "reason": "full for now"} | body
    return await service.http.put(path, json=body, headers=headers)


async def record_absence(
    service: Service, worker: str, first: int = 0, last: int = 7, **headers: str
) -> httpx.Response:
    """A worker is away from so many days after today to so many."""
    body = {
        "from": str(TODAY + timedelta(days=first)),
        "to": str(TODAY + timedelta(days=last)),
        "kind": "leave",
    }
    path = f"/v1/workers/{worker}/absences"
    return await service.http.post(path, json=body, headers=service.admin() | headers)


async def change(service: Service, path: str, **fields: Any) -> httpx.Response:
    """Changes a team or a worker as an administrator who has read it."""
    read = await service.http.get(path, headers=service.admin())
    body = {name: value for name, value in read.json().items() if name != "id"} | fields
    headers = service.admin() | {"If-Match": read.headers["ETag"]}
    answer = await service.http.put(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


async def explained(service: Service, case_id: str, **headers: str) -> dict[str, Any]:
    """Why a case, or a place in line, is where it is."""
    path = f"/v1/cases/{case_id}/assignment"
    answer = await service.http.get(path, headers=service.admin() | headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def codes(grounds: list[dict[str, str]]) -> list[str]:
    """The codes of some grounds."""
    return [ground["code"] for ground in grounds]
