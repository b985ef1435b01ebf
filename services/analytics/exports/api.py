"""`/v1/exports` (scope `exports:read`, apart from `reports:internal`: rows that leave the team in
bulk are more than a table of counts)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse

from services.analytics.exports import formats, queries
from services.analytics.exports.catalogue import TableName
from services.analytics.exports.rules import LEAST_K, MOST_K
from services.analytics.exports.schemas import TableView, dictionary
from shared.auth import Caller, scoped
from shared.pagination import Page
from shared.problems import NOT_ACCEPTABLE, Problem
from shared.web import Session

router = APIRouter(prefix="/v1/exports", tags=["exports"])
Reader = Annotated[Caller, Depends(scoped("exports:read"))]
SUMMARY_HEADER = "Export-Summary"
_FORMATS = {formats.CSV: ("csv", formats.as_csv), formats.PARQUET: ("parquet", formats.as_parquet)}
_OF_BYTES = {"schema": {"type": "string", "format": "binary"}}


@router.get("", summary="The tables there are, with their data dictionary")
async def get_exports(_: Reader) -> Page[TableView]:
    """All on one page."""
    return Page(items=dictionary())


@router.get(
    "/{table}",
    summary="A table of pseudonymous facts",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": dict.fromkeys(_FORMATS, _OF_BYTES),
            "headers": {
                SUMMARY_HEADER: {
                    "description": "what was made coarse and left out, as JSON",
                    "schema": {"type": "string"},
                }
            },
        }
    },
)
async def get_export(
    table: TableName,
    caller: Reader,
    session: Session,
    k: Annotated[
        int, Query(ge=LEAST_K, le=MOST_K, description="how many persons share a row at least")
    ] = LEAST_K,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> StreamingResponse:
    """Every row is like those of at least k persons in all that may be known of them: days are
    months or years, places and codes are told as far as that allows (`*` where not), and rows that
    nothing makes alike are left out. CSV unless Parquet is asked for."""
    media_type = _chosen(accept)
    export = await queries.begin(session, caller, table, k)
    ending, write = _FORMATS[media_type]
    headers = {
        "Content-Disposition": f'attachment; filename="{table}.{ending}"',
        "Vary": "Accept",
        SUMMARY_HEADER: export.summary.model_dump_json(),
    }
    return StreamingResponse(write(export), media_type=media_type, headers=headers)


def _chosen(accept: str | None) -> str:
    """The best of ours that an Accept header names. Raises `not_acceptable`."""
    chosen = formats.chosen(accept)
    if chosen is None:
        raise Problem(NOT_ACCEPTABLE)
    return chosen
