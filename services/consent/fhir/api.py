"""`/fhir/r4/Consent` (scopes `consents:write` and `consents:read`)."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response

from services.consent.fhir import commands, outgoing, queries, schemas
from services.consent.fhir.capabilities import STATEMENT
from shared.auth import Caller, scoped
from shared.problems import NOT_ACCEPTABLE, UNSUPPORTED_MEDIA_TYPE, Problem
from shared.web import IdempotencyKey, Index, Session
from shared.web.outcomes import MEDIA_TYPE

BASE = "/fhir/r4"
TAKEN = ("application/fhir+json", "application/json")
GIVEN = (*TAKEN, "application/*", "*/*")


async def _acceptable(
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> None:
    """Raises `not_acceptable` when FHIR JSON is not among what the caller takes."""
    if accept is not None and not any(_type_of(part) in GIVEN for part in accept.split(",")):
        raise Problem(NOT_ACCEPTABLE, "FHIR is spoken here as application/fhir+json, R4.")


async def _taken(
    content_type: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> None:
    """Raises `unsupported_media_type` for a body that is not FHIR JSON."""
    if _type_of(content_type or "") not in TAKEN:
        raise Problem(UNSUPPORTED_MEDIA_TYPE, "Send Content-Type: application/fhir+json, R4.")


def _type_of(part: str) -> str:
    return part.partition(";")[0].strip().lower()


router = APIRouter(prefix=BASE, tags=["fhir"], dependencies=[Depends(_acceptable)])
Writer = Annotated[Caller, Depends(scoped("consents:write"))]
Reader = Annotated[Caller, Depends(scoped("consents:read"))]


@router.get(
    "/metadata",
    summary="What of FHIR R4 is here",
    response_class=Response,
    responses=schemas.answers("CapabilityStatement"),
)
async def get_metadata() -> Response:
    """The CapabilityStatement. Needs no token."""
    return Response(json.dumps(STATEMENT), media_type=MEDIA_TYPE)


@router.post(
    "/Consent",
    status_code=201,
    summary="Record a consent or a denial",
    dependencies=[Depends(_taken)],
    response_class=Response,
    responses=schemas.answers("Consent", status=201),
    openapi_extra=schemas.body(),
)
async def post_consent(
    request: Request, caller: Writer, session: Session, index: Index, key: IdempotencyKey = None
) -> Response:
    """One resource is one direction; policyRule OPTIN is a consent, OPTOUT a denial."""
    taken = await commands.record(session, index, caller, await request.body(), key)
    headers = {"Location": f"{BASE}/Consent/{taken.resource['id']}"}
    replayed = {"Idempotency-Replayed": "true"} if taken.replayed else {}
    return _fhir(taken.resource, headers | replayed, status=201)


@router.get(
    "/Consent",
    summary="A client's consents and denials, newest first",
    response_class=Response,
    responses=schemas.answers("Bundle"),
)
async def search_consents(
    request: Request,
    caller: Reader,
    session: Session,
    patient: Annotated[str, Query(max_length=100, description="{ref} or Patient/{ref}")],
) -> Response:
    """A searchset, with those taken back and those that expired. The look is logged."""
    client_ref = queries.patient_ref(patient)
    found = await queries.search(session, caller, client_ref) if client_ref else []
    base = f"{str(request.base_url).rstrip('/')}{BASE}"
    address = f"{base}/Consent?patient={client_ref or ''}"
    return _fhir(outgoing.searchset(address, base, found), {})


@router.get(
    "/Consent/{resource_id}",
    summary="A consent or a denial",
    response_class=Response,
    responses=schemas.answers("Consent"),
)
async def get_consent(resource_id: UUID, caller: Reader, session: Session) -> Response:
    """The resource of either, by its id. The look is logged."""
    return _fhir(await queries.read_resource(session, caller, resource_id), {})


def _fhir(resource: dict[str, Any], headers: dict[str, str], *, status: int = 200) -> Response:
    version = resource.get("meta", {}).get("versionId")
    etag = {"ETag": f'W/"{version}"'} if version else {}
    content = outgoing.as_json(resource)
    return Response(content, status, headers=headers | etag, media_type=MEDIA_TYPE)
