"""What the endpoints under `/v1/cases/{id}` ask for by type."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from services.caseload.cases.changing import Change
from services.caseload.settings import Settings
from shared.auth import Caller, scoped
from shared.web import IdempotencyKey, expected_version

Reader = Annotated[Caller, Depends(scoped("cases:read"))]
Writer = Annotated[Caller, Depends(scoped("cases:write"))]
Expected = Annotated[int, Depends(expected_version)]


async def _change(
    case_id: UUID, caller: Writer, expected: Expected, key: IdempotencyKey = None
) -> Change:
    return Change(caller, case_id, expected, key)


CaseChange = Annotated[Change, Depends(_change)]


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


Policy = Annotated[Settings, Depends(_settings)]
"""The county's numbers and code lists."""
