"""`/v1/clients/{client_ref}/disclosures` (scope `disclosures:read`) and `/v1/audit/verify` (scope
`audit:read`)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from services.consent.disclosures import fhir, proving, queries
from services.consent.disclosures.rules import Mark
from services.consent.disclosures.schemas import HEAD, DisclosureView, ProofView, Since
from shared.auth import Caller, scoped
from shared.languages import WantedLanguage
from shared.pagination import DEFAULT_LIMIT, CursorText, Limit, Page
from shared.problems import VALIDATION_FAILED, FieldError, Problem
from shared.web import Session

MAX_ROWS = 2**53
router = APIRouter(prefix="/v1", tags=["disclosures"])
Reader = Annotated[Caller, Depends(scoped("disclosures:read"))]
Auditor = Annotated[Caller, Depends(scoped("audit:read"))]

_AS_FHIR: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page of the log; with Accept: application/fhir+json a searchset of "
        "AuditEvent, and of Provenance for what was changed, decided or sent.",
        "content": {
            fhir.MEDIA_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["resourceType", "type"],
                    "properties": {"resourceType": {"const": "Bundle"}},
                }
            }
        },
    }
}


async def _known(
    known_rows: Annotated[
        int | None, Query(ge=1, le=MAX_ROWS, description="`rows` of an earlier proof or seal")
    ] = None,
    known_head: Annotated[
        str | None, Query(pattern=HEAD, description="its `head`; the log must still hold it")
    ] = None,
) -> Mark | None:
    """The mark that the caller knows. Raises `validation_failed` for half of one."""
    if known_rows is None and known_head is None:
        return None
    if known_rows is None or known_head is None:
        missing = "known_rows" if known_rows is None else "known_head"
        detail = "give both known_rows and known_head"
        raise Problem(
            VALIDATION_FAILED, errors=[FieldError(f"/query/{missing}", "missing", detail)]
        )
    return Mark(known_rows, bytes.fromhex(known_head))


@router.get(
    "/clients/{client_ref}/disclosures",
    response_model=Page[DisclosureView],
    responses=_AS_FHIR,
    summary="Who used or was told a client's data",
)
async def get_disclosures(
    client_ref: UUID,
    request: Request,
    caller: Reader,
    session: Session,
    language: WantedLanguage,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorText = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """A page, the newest first, in the words of Accept-Language (fi, sv, en), under all refs of
    the client. The look is logged, and so is in the log itself a moment later."""
    page = await queries.list_disclosures(
        session, caller, client_ref, language, limit=limit, cursor=cursor
    )
    headers = {"Content-Language": language, "Vary": "Accept, Accept-Language"}
    if fhir.MEDIA_TYPE not in (accept or ""):
        return JSONResponse(page.model_dump(mode="json"), headers=headers)
    following = request.url.include_query_params(cursor=page.next) if page.next else None
    content = fhir.bundle(
        str(request.url), page.items, None if following is None else str(following)
    )
    return Response(content, headers=headers, media_type=fhir.MEDIA_TYPE)


@router.get("/audit/verify", summary="Is the disclosure log whole")
async def get_proof(
    caller: Auditor,
    session: Session,
    known: Annotated[Mark | None, Depends(_known)],
    since: Annotated[
        Since, Query(description="where to begin: the first row, the newest seal, or your own mark")
    ] = Since.BEGINNING,
) -> ProofView:
    """Walks the hash chain and says how far it is whole. A row that was changed, taken out, put in
    or cut off at the end is found. What was appended and cut off again since the newest seal and
    since the mark that you give cannot be found by anybody. From the beginning it takes about a
    second for every 20 000 rows."""
    return await proving.verify(session, caller, since, known)
