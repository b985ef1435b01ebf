"""`/v1/targets/mobile-share` (scope `prices:write`; `reports:read` may look): the line that the
report mobile-share compares with, as points by year."""

from fastapi import APIRouter, Response

from services.analytics.inputs import commands, queries
from services.analytics.inputs.api import Expected, Reader, Writer
from services.analytics.inputs.schemas import TargetBody, TargetView, Year
from shared.pagination import Page
from shared.web import Session, etag, made_or_changed

router = APIRouter(prefix="/v1/targets/mobile-share", tags=["targets"])


@router.get("", summary="The line of targets")
async def get_targets(_: Reader, session: Session) -> Page[TargetView]:
    """Every point on one page, by year."""
    targets = await queries.mobile_targets(session)
    return Page(items=[queries.target_view(target) for target in targets])


@router.put("/{year}", summary="Put in a year's target", responses=made_or_changed(TargetView))
async def put_target(
    year: Year,
    body: TargetBody,
    caller: Writer,
    session: Session,
    response: Response,
    expected: Expected,
) -> TargetView:
    """201 when new; a change needs If-Match with the ETag that was read."""
    target, created = await commands.put_target(session, caller, year, body, expected)
    response.status_code = 201 if created else 200
    response.headers["ETag"] = etag(target.version)
    return queries.target_view(target)


@router.get("/{year}", summary="A year's target")
async def get_target(year: Year, _: Reader, session: Session, response: Response) -> TargetView:
    """The target as put in, with its ETag; years between two points have none of their own."""
    target = await queries.get_target(session, year)
    response.headers["ETag"] = etag(target.version)
    return queries.target_view(target)
