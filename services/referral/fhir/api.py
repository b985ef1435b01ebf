"""`/fhir/r4`: ServiceRequest and Task (scopes `referrals:write` and `referrals:read`)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from services.referral.fhir import commands, outgoing, queries, schemas
from services.referral.fhir.capabilities import STATEMENT
from services.referral.fhir.commands import Posted, Sender, TakeApart
from services.referral.fhir.negotiation import Acceptable, Preference, Returned, Taken
from services.referral.fhir.orders import order_of_bundle, order_of_request
from services.referral.following.queries import read_referral
from services.referral.following.schemas import ReferralView
from services.referral.intake.commands import Intakes
from services.referral.settings import Settings
from services.referral.wording import preferred_language
from shared.auth import Caller, scoped
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.idempotency import Answer
from shared.web import IdempotencyKey, Index, Session
from shared.web.outcomes import MEDIA_TYPE

BASE = "/fhir/r4"
MAX_BUNDLE_BYTES = 5_000_000

router = APIRouter(prefix=BASE, tags=["fhir"], dependencies=[Acceptable])
Writer = Annotated[Caller, Depends(scoped("referrals:write"))]
Reader = Annotated[Caller, Depends(scoped("referrals:read"))]
Languages = Annotated[str | None, Header(alias="Accept-Language")]


@router.get(
    "/metadata",
    summary="What of FHIR R4 is here",
    response_class=Response,
    responses=schemas.answers("CapabilityStatement"),
)
async def get_metadata() -> Response:
    """The CapabilityStatement. Needs no token."""
    return _fhir(STATEMENT, {})


@router.post(
    "/ServiceRequest",
    status_code=201,
    summary="Send a referral as a ServiceRequest",
    dependencies=[Taken],
    response_class=Response,
    responses=schemas.answers("ServiceRequest", status=201, same=True),
    openapi_extra=schemas.body("ServiceRequest", schemas.REQUEST_EXAMPLE),
)
async def post_service_request(
    request: Request,
    caller: Writer,
    index: Index,
    preference: Preference,
    key: IdempotencyKey = None,
    accept_language: Languages = None,
) -> Response:
    """Takes a referral whose Patient is contained. Without an Idempotency-Key it is taken once
    under its own identifier."""
    posted = await _posted(request, order_of_request)
    sender = Sender(caller, key, preferred_language(accept_language))
    answer = await commands.submit(_intakes(request), index, sender, posted)
    view = outgoing.view_of_receipt(answer.body)
    headers = {
        "Location": f"{BASE}/ServiceRequest/{view.id}",
        "ETag": outgoing.weak_etag(view),
        **_said(answer, sender),
    }
    if preference == Returned.MINIMAL:
        return Response(status_code=answer.status, headers=headers, media_type=MEDIA_TYPE)
    whole = preference == Returned.REPRESENTATION
    resource = outgoing.service_request(view) if whole else outgoing.left_out(posted.left_out)
    return _fhir(resource, headers, status=answer.status)


@router.post(
    "",
    summary="Send a referral as a Bundle",
    dependencies=[Taken],
    max_body_size=MAX_BUNDLE_BYTES,
    response_class=Response,
    responses=schemas.answers("Bundle"),
    openapi_extra=schemas.body("Bundle", schemas.TRANSACTION_EXAMPLE),
)
async def post_bundle(
    request: Request,
    caller: Writer,
    index: Index,
    preference: Preference,
    key: IdempotencyKey = None,
    accept_language: Languages = None,
) -> Response:
    """Takes a transaction, or a message, with one ServiceRequest, its Patient and what it refers
    to; all of it or nothing. Without an Idempotency-Key it is taken once under the Bundle's
    identifier, or the request's."""
    posted = await _posted(request, order_of_bundle)
    sender = Sender(caller, key, preferred_language(accept_language))
    answer = await commands.submit(_intakes(request), index, sender, posted)
    view = outgoing.view_of_receipt(answer.body)
    return _fhir(_bundle(request, posted, view, answer, preference), _said(answer, sender))


@router.get(
    "/ServiceRequest/{referral_id}",
    summary="A referral you sent",
    response_class=Response,
    responses=schemas.answers("ServiceRequest"),
)
async def get_service_request(
    referral_id: UUID, caller: Reader, session: Session, accept_language: Languages = None
) -> Response:
    """The request as far as you may know of it; anybody else's is a 404."""
    view = await _read(session, caller, referral_id, accept_language)
    return _fhir(outgoing.service_request(view), _read_headers(view))


@router.get(
    "/Task",
    summary="How a referral you sent goes on",
    response_class=Response,
    responses=schemas.answers("Bundle"),
)
async def search_tasks(
    request: Request,
    caller: Reader,
    session: Session,
    focus: Annotated[str, Query(max_length=300, description="ServiceRequest/{id} or {id}")],
    accept_language: Languages = None,
) -> Response:
    """A searchset with the Task of that referral, or an empty one."""
    base = _base(request)
    found = queries.focus_id(focus, base)
    language = preferred_language(accept_language)
    views = await queries.tasks_of(session, caller, found, language)
    query = f"?focus=ServiceRequest/{found}" if found else "?focus="
    headers = {"Content-Language": language}
    return _fhir(outgoing.searchset(base, views, query), headers)


@router.get(
    "/Task/{referral_id}",
    summary="How a referral you sent goes on, by its id",
    response_class=Response,
    responses=schemas.answers("Task"),
)
async def get_task(
    referral_id: UUID, caller: Reader, session: Session, accept_language: Languages = None
) -> Response:
    """The Task of a referral goes by the referral's id."""
    view = await _read(session, caller, referral_id, accept_language)
    headers = {"Content-Language": preferred_language(accept_language)}
    return _fhir(outgoing.task(view), {**_read_headers(view), **headers})


def _intakes(request: Request) -> Intakes:
    intakes: Intakes = request.app.state.intakes
    return intakes


async def _posted(request: Request, take_apart: TakeApart) -> Posted:
    """The referral in the body, read aside of the loop: a Bundle may take a while."""
    settings: Settings = request.app.state.settings
    return await run_in_threadpool(
        commands.read,
        await request.body(),
        take_apart,
        allow_test_codes=settings.allow_test_identity_codes,
        today=utc_now().astimezone(FINLAND).date(),
    )


async def _read(
    session: Session, caller: Caller, referral_id: UUID, accept_language: str | None
) -> ReferralView:
    return await read_referral(session, caller, referral_id, preferred_language(accept_language))


def _bundle(
    request: Request, posted: Posted, view: ReferralView, answer: Answer, preference: Returned
) -> dict[str, Any]:
    bundle = posted.order.bundle
    if preference == Returned.OUTCOME:
        return outgoing.left_out(posted.left_out)
    if bundle is not None and bundle.type == "message":
        return outgoing.message_response(_base(request), posted.order, view)
    return outgoing.transaction_response(
        posted.order,
        view,
        created=answer.status == 201,
        whole=preference == Returned.REPRESENTATION,
    )


def _read_headers(view: ReferralView) -> dict[str, str]:
    return {"ETag": outgoing.weak_etag(view)}


def _said(answer: Answer, sender: Sender) -> dict[str, str]:
    replay = {"Idempotency-Replayed": "true"} if answer.replayed else {}
    return {"Content-Language": sender.language, **replay}


def _base(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}{BASE}"


def _fhir(resource: dict[str, Any], headers: dict[str, str], *, status: int = 200) -> Response:
    content = outgoing.as_json(resource)
    return Response(content, status, headers=headers, media_type=MEDIA_TYPE)
