"""`GET /v1/worklist`: what waits for a worker today (scope `cases:read`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.caseload.cases.dependencies import Policy, Reader
from services.caseload.worklist import queries
from services.caseload.worklist.schemas import WorklistView
from shared.languages import WantedLanguage
from shared.pagination import DEFAULT_LIMIT, Limit
from shared.web import Session

router = APIRouter(prefix="/v1/worklist", tags=["worklist"])


@router.get("", summary="What waits for you today, the late first")
async def get_worklist(
    caller: Reader,
    session: Session,
    policy: Policy,
    language: WantedLanguage,
    worker: Annotated[
        UUID | None, Query(description="a colleague of your team; you, when left out")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
) -> WorklistView:
    """Overdue, due today, visits of today, handovers that wait for somebody, what to ask of
    clients, and clients of whom nothing was heard for longer than agreed; each with a sentence in
    your language. Your token names you as a worker, or you name one."""
    return await queries.read_worklist(
        session, caller, worker, quiet_days=policy.quiet_days, limit=limit, language=language
    )
