"""`GET /v1/teams/{id}/capacity`: room, meetings and waiting time (`cases:read`, `teams:admin`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.caseload.capacity import queries
from services.caseload.capacity.schemas import CapacityView
from shared.auth import Caller, scoped
from shared.languages import WantedLanguage
from shared.web import Session

router = APIRouter(prefix="/v1/teams/{team_id}/capacity", tags=["teams"])
Reader = Annotated[Caller, Depends(scoped("cases:read", "teams:admin"))]
WhatIf = Annotated[
    tuple[Annotated[str, Query(max_length=50)], ...],
    Query(
        max_length=10,
        description="changes to try, each alone: worker:+1, meetings:+2 (a worker's in a week), "
        "pause:landlord (or any kind of partner)",
        examples=[["worker:+1"]],
    ),
]


@router.get("", summary="What a team has room for, and how long the next client would wait")
async def get_capacity(
    team_id: UUID,
    caller: Reader,
    session: Session,
    language: WantedLanguage,
    what_if: WhatIf = (),
) -> CapacityView:
    """From the team's own records of the last weeks; what they do not tell is named as assumed."""
    return await queries.read_capacity(session, caller, team_id, what_if, language)
