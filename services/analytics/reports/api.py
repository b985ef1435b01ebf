"""`/v1/reports` (scope `reports:read`; `reports:internal` sees small numbers)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response

from services.analytics.reports import formats, queries
from services.analytics.reports.catalogue import REPORTS, ReportName
from services.analytics.reports.schemas import ReportAnswer, ReportQuery, ReportSummary
from shared.auth import Caller, scoped
from shared.pagination import Page
from shared.problems import VALIDATION_FAILED, FieldError, Problem
from shared.web import Session

router = APIRouter(prefix="/v1/reports", tags=["reports"])
Reader = Annotated[Caller, Depends(scoped("reports:read"))]


@router.get("", summary="The reports there are")
async def get_reports(_: Reader) -> Page[ReportSummary]:
    """All on one page, each with its definition in words and its filters."""
    return Page(items=queries.summaries())


@router.get(
    "/{name}",
    response_model=ReportAnswer,
    responses={200: {"content": {formats.CSV: {"schema": {"type": "string"}}}}},
    summary="A report over a period",
)
async def get_report(
    name: ReportName,
    query: Annotated[ReportQuery, Query()],
    caller: Reader,
    session: Session,
    response: Response,
    accept: Annotated[str | None, Header(description="application/json or text/csv")] = None,
) -> ReportAnswer | Response:
    """The figures over whole Finnish days, the last included. CSV holds the rows alone."""
    if query.first > query.last:
        reversed_period = FieldError("/query/from", "period_reversed", "must not be after `to`")
        raise Problem(VALIDATION_FAILED, errors=[reversed_period])
    answer = await queries.answer(session, caller, name, query)
    response.headers["Vary"] = "Accept"
    if not formats.wants_csv(accept):
        return answer
    file = f'attachment; filename="{name}_{query.first}_{query.last}.csv"'
    headers = {"Content-Disposition": file, "Vary": "Accept"}
    return Response(
        formats.as_csv(answer.data, REPORTS[name].columns), media_type=formats.CSV, headers=headers
    )
