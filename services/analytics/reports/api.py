"""`/v1/reports` (scope `reports:read`; `reports:internal` sees small numbers)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from services.analytics.charts.pictures import of_answer
from services.analytics.charts.renderer import Drawing, drawing
from services.analytics.reports import formats, queries
from services.analytics.reports.catalogue import REPORTS, ReportName
from services.analytics.reports.schemas import ReportAnswer, ReportQuery, ReportSummary
from services.analytics.reports.sight import sight_of
from shared.auth import Caller, scoped
from shared.languages import WantedLanguageOrEnglish
from shared.pagination import Page
from shared.problems import VALIDATION_FAILED, FieldError, Problem
from shared.web import Session

VARY = "Accept, Accept-Language"
router = APIRouter(prefix="/v1/reports", tags=["reports"], lifespan=drawing)
Reader = Annotated[Caller, Depends(scoped("reports:read"))]
_OTHER_FORMATS: dict[int | str, dict[str, Any]] = {
    200: {"content": {name: {"schema": {"type": "string"}} for name in (formats.CSV, formats.SVG)}}
}


@router.get("", summary="The reports there are")
async def get_reports(
    _: Reader, language: WantedLanguageOrEnglish, response: Response
) -> Page[ReportSummary]:
    """All on one page, each with its filters and its definition in the words of Accept-Language
    (fi, sv, en)."""
    response.headers["Vary"] = "Accept-Language"
    return Page(items=queries.summaries(language))


@router.get(
    "/{name}",
    response_model=ReportAnswer,
    responses=_OTHER_FORMATS,
    summary="A report over a period",
)
async def get_report(
    name: ReportName,
    query: Annotated[ReportQuery, Query()],
    caller: Reader,
    request: Request,
    session: Session,
    response: Response,
    renderer: Drawing,
    language: WantedLanguageOrEnglish,
    accept: Annotated[
        str | None, Header(description="application/json, text/csv or image/svg+xml")
    ] = None,
) -> ReportAnswer | Response:
    """The figures over whole Finnish days, the last included. CSV holds the rows alone, SVG is a
    chart. Words are those of Accept-Language (fi, sv, en), codes are always the same."""
    if query.first > query.last:
        reversed_period = FieldError("/query/from", "period_reversed", "must not be after `to`")
        raise Problem(VALIDATION_FAILED, errors=[reversed_period])
    answer = await queries.answer(session, sight_of(request, caller), name, query, language)
    response.headers["Vary"] = VARY
    kind = formats.chosen(accept)
    if kind == formats.JSON:
        return answer
    headers = {"Vary": VARY, "Content-Language": language}
    if kind == formats.SVG:
        drawn = await renderer.svg(of_answer(answer, language))
        return Response(drawn, media_type=formats.SVG, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{formats.file_name(answer)}.csv"'
    return Response(
        formats.as_csv(answer.data, REPORTS[name].columns), media_type=formats.CSV, headers=headers
    )
