"""`/v1/teams/{id}/intake`: which kinds of partners a team takes referrals from (`teams:admin`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.caseload.intake_rules import commands, queries
from services.caseload.intake_rules.schemas import IntakeBody, IntakeView
from shared.auth import Caller, scoped
from shared.contracts.codes import PartnerKind
from shared.pagination import Page
from shared.web import Session, etag, made_or_changed, optional_version

router = APIRouter(prefix="/v1/teams/{team_id}/intake", tags=["teams"])
Admin = Annotated[Caller, Depends(scoped("teams:admin"))]
Expected = Annotated[int | None, Depends(optional_version)]


@router.get("", summary="How each kind of partner is taken now")
async def get_intake(team_id: UUID, caller: Admin, session: Session) -> Page[IntakeView]:
    """All kinds on one page; where nobody said anything the team is open."""
    return await queries.list_rules(session, caller, team_id)


@router.get("/{partner_kind}", summary="How a kind of partner is taken now")
async def get_rule(
    team_id: UUID, partner_kind: PartnerKind, caller: Admin, session: Session, response: Response
) -> IntakeView:
    """Open or paused, with its ETag. A pause that has run out is open."""
    view, version = await queries.read_rule(session, caller, team_id, partner_kind)
    response.headers["ETag"] = etag(version)
    return view


@router.put(
    "/{partner_kind}",
    summary="Pause a kind of partner, or take it again",
    responses=made_or_changed(IntakeView),
)
async def put_rule(
    team_id: UUID,
    partner_kind: PartnerKind,
    body: IntakeBody,
    caller: Admin,
    session: Session,
    response: Response,
    expected: Expected,
) -> IntakeView:
    """201 when nobody said anything before; a change needs If-Match. From the next referral on
    those who are kept out go to `redirect_to`, else to another team that serves the client, else
    to the guidance unit, else they wait. Who waits already keeps their place."""
    view, version = await commands.put_rule(session, caller, team_id, partner_kind, body, expected)
    response.status_code = 201 if version == 1 else 200
    response.headers["ETag"] = etag(version)
    return view
