"""`/v1/partners`: an operator registers who may refer (scope `partners:admin`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.referral.partners import commands, queries
from services.referral.partners.schemas import PartnerBody, PartnerView
from shared.auth import Caller, scoped
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.web import Session, etag, made_or_changed, optional_version

router = APIRouter(prefix="/v1/partners", tags=["partners"])
Admin = Annotated[Caller, Depends(scoped("partners:admin"))]


@router.put(
    "/{partner_id}",
    summary="Register or change a partner",
    responses=made_or_changed(PartnerView),
)
async def put_partner(
    partner_id: UUID,
    body: PartnerBody,
    caller: Admin,
    session: Session,
    response: Response,
    expected: Annotated[int | None, Depends(optional_version)],
) -> PartnerView:
    """201 when new; a change needs If-Match with the ETag that was read."""
    partner, created = await commands.put_partner(session, caller, partner_id, body, expected)
    response.status_code = 201 if created else 200
    response.headers["ETag"] = etag(partner.version)
    return queries.view(partner)


@router.get("", summary="All partners")
async def get_partners(
    _: Admin, session: Session, limit: Limit = DEFAULT_LIMIT, cursor: CursorText = None
) -> Page[PartnerView]:
    """A page, in the order of ids."""
    return await queries.list_partners(session, limit=limit, cursor=cursor)


@router.get("/{partner_id}", summary="A partner")
async def get_partner(
    partner_id: UUID, _: Admin, session: Session, response: Response
) -> PartnerView:
    """The partner, with its ETag."""
    partner = await queries.get_partner(session, partner_id)
    response.headers["ETag"] = etag(partner.version)
    return queries.view(partner)
