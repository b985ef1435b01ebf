"""`/v1/clients`: persons, read with a purpose (scope `clients:read`), and who is whom
(scope `clients:write`)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from services.referral.clients import linking, queries
from services.referral.clients.linking import Change
from services.referral.clients.purpose import Purpose
from services.referral.clients.schemas import (
    ClientView,
    DismissBody,
    DismissedView,
    LinkBody,
    LinkView,
    MatchView,
    MergeBody,
    Review,
    UnlinkBody,
    UnlinkedView,
)
from services.referral.settings import Settings
from shared import identity_code, web
from shared.auth import Caller, scoped
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.problems import VALIDATION_FAILED, FieldError, Problem
from shared.web import Cipher, IdempotencyKey, Index, Session, etag, expected_version

router = APIRouter(prefix="/v1/clients", tags=["clients"])
Reader = Annotated[Caller, Depends(scoped("clients:read"))]
Writer = Annotated[Caller, Depends(scoped("clients:write"))]


async def _change(
    client_ref: UUID,
    caller: Writer,
    expected: Annotated[int, Depends(expected_version)],
    key: IdempotencyKey = None,
) -> Change:
    return Change(caller, client_ref, expected, key)


Changing = Annotated[Change, Depends(_change)]


@router.get("", summary="Persons who may be the same, for review")
async def get_clients(
    caller: Reader,
    purpose: Purpose,
    session: Session,
    review: Annotated[Review, Query()],
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
) -> Page[MatchView]:
    """Pairs with their score and the facts that agree, the longest found first. Read both, then
    link or dismiss."""
    return await queries.list_possible_matches(session, caller, purpose, limit=limit, cursor=cursor)


@router.get("/{client_ref}", summary="The person behind a ref")
async def get_client(
    client_ref: UUID,
    caller: Reader,
    purpose: Purpose,
    session: Session,
    cipher: Cipher,
    response: Response,
) -> ClientView:
    """Who the person is. A linked ref gives the person it is linked to."""
    view, version = await queries.read_client(session, cipher, caller, client_ref, purpose)
    response.headers["ETag"] = etag(version)
    return view


@router.post("/{client_ref}/link", response_model=LinkView, summary="The two are one person")
async def link(
    body: LinkBody,
    change: Changing,
    request: Request,
    session: Session,
    cipher: Cipher,
    index: Index,
) -> JSONResponse:
    """Links the person to another ref, which is kept, or to whoever has the identity code; a code
    that nobody has becomes this person's. Unlink undoes it and restores what was there."""
    checked = _checked(body, request)
    return web.answer(await linking.link(session, cipher, index, change, checked))


@router.post(
    "/{client_ref}/unlink", response_model=UnlinkedView, summary="The two are not one person"
)
async def unlink(
    body: UnlinkBody, change: Changing, session: Session, index: Index
) -> JSONResponse:
    """Undoes a link: both are again exactly as they were. A merge cannot be undone."""
    return web.answer(await linking.unlink(session, index, change, body))


@router.post(
    "/{client_ref}/merge", response_model=LinkView, summary="The two are one person, for good"
)
async def merge(
    body: MergeBody, change: Changing, session: Session, cipher: Cipher, index: Index
) -> JSONResponse:
    """Moves all that is known of the person to the ref that is kept. Final; the merged ref keeps
    leading to the person."""
    return web.answer(await linking.merge(session, cipher, index, change, body))


@router.post(
    "/{client_ref}/dismiss", response_model=DismissedView, summary="A possible match is none"
)
async def dismiss(
    body: DismissBody, change: Changing, session: Session, index: Index
) -> JSONResponse:
    """Takes the pair off the review list, for good."""
    return web.answer(await linking.dismiss(session, index, change, body))


def _checked(body: LinkBody, request: Request) -> LinkBody:
    """The body with its identity code in normal form. Raises `validation_failed`."""
    if body.identity_code is None:
        return body
    settings: Settings = request.app.state.settings
    try:
        code = identity_code.normalise(
            body.identity_code, allow_test_codes=settings.allow_test_identity_codes
        )
    except ValueError as error:
        wrong = FieldError("/identity_code", "identity_code_invalid", str(error))
        raise Problem(VALIDATION_FAILED, errors=[wrong]) from None
    return body.model_copy(update={"identity_code": code})
