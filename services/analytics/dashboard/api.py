"""`/dashboard`: every report on one page for people (scope `reports:read`), login and downloads."""

from dataclasses import replace
from enum import StrEnum
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from services.analytics.charts.pictures import Picture, of_answer
from services.analytics.charts.renderer import Drawing, Renderer
from services.analytics.dashboard import cards, choices, login, queries
from services.analytics.dashboard.pages import HEADERS, drawn, page
from services.analytics.reports import formats
from services.analytics.reports.catalogue import REPORTS, ReportName
from services.analytics.reports.queries import answer
from services.analytics.reports.sight import sight_of
from services.analytics.wording import catalogue as words
from services.analytics.wording.numbers import day, moment
from shared.auth import Caller
from shared.calendar import finnish_day
from shared.clock import utc_now
from shared.languages import LANGUAGES, preferred_language
from shared.problems import INSUFFICIENT_SCOPE, RATE_LIMITED, UNAUTHENTICATED, Problem
from shared.web import Session

router = APIRouter(prefix=login.PATH, include_in_schema=False)
STYLE = files("services.analytics.dashboard").joinpath("style.css").read_text("utf-8")
BY_KIND = {INSUFFICIENT_SCOPE: "no_scope", RATE_LIMITED: "too_often"}


class Ending(StrEnum):
    """The files a report can be had as."""

    CSV = "csv"
    JSON = "json"
    SVG = "svg"


async def _language(request: Request) -> str:
    """The one that was chosen on the page, or else the browser's."""
    chosen = request.query_params.get("lang", "")
    if chosen in LANGUAGES:
        return chosen
    return preferred_language(request.headers.get("accept-language"))


Language = Annotated[str, Depends(_language)]


@router.get("")
async def get_dashboard(
    request: Request, session: Session, renderer: Drawing, language: Language
) -> Response:
    """The page, or the way to the login."""
    try:
        caller = await _reader(request)
    except Problem as problem:
        return _refusal(request, problem, language)
    if caller is None:
        return RedirectResponse(_at("/login", request, language), 303, headers=HEADERS)
    today = finnish_day(utc_now())
    chosen = choices.sent(request.query_params, today)
    query, wrong = choices.read(chosen, language)
    if query is None:
        async with session.begin():
            known = await queries.teams(session)
        shown = _form(request, chosen, known, language)
        return page("wrong.html", language, status=422, wrong=wrong, **shown)
    found = await queries.everything(session, sight_of(request, caller), query, language)
    sections = await _sections(found, chosen, renderer, language)
    first, last = (day(each, language) for each in (query.first, query.last))
    summary = words.page(
        "summary", language, first=first, last=last, at=moment(utc_now(), language)
    )
    return page(
        "dashboard.html",
        language,
        summary=summary,
        key_figures=cards.key_figures(found, language),
        sections=sections,
        unpublished=cards.unpublished(found, language),
        drawn=drawn,
        **_form(request, chosen, found.teams, language),
    )


async def _sections(
    found: queries.Everything, chosen: dict[str, str], renderer: Renderer, language: str
) -> list[tuple[str, str, list[cards.Card]]]:
    """The cards by section, each with its chart drawn."""
    sections, number = [], 0
    for code, names in cards.SECTIONS.items():
        shown = []
        for name in names:
            number += 1
            card = cards.card(name, found, chosen, language)
            if card.picture is not None:
                card = replace(card, svg=await _drawn(renderer, card.picture, number))
            shown.append(card)
        sections.append((code, words.page(code, language), shown))
    return sections


async def _drawn(renderer: Renderer, picture: Picture, number: int) -> str:
    """The chart; nothing when it cannot be drawn, since its table tells the same."""
    try:
        return await renderer.svg(picture, number)
    except Problem:
        return ""


@router.get("/reports/{name}.{ending}")
async def get_file(
    name: ReportName,
    ending: Ending,
    request: Request,
    session: Session,
    renderer: Drawing,
    language: Language,
) -> Response:
    """A report as a file, as the interface gives it, for who is logged in."""
    caller = await _reader(request)
    if caller is None:
        raise Problem(UNAUTHENTICATED, headers={"WWW-Authenticate": 'Bearer realm="nopsa"'})
    chosen = choices.sent(request.query_params, finnish_day(utc_now()))
    query, _ = choices.read(chosen, language)
    if query is None:
        return RedirectResponse(_at("", request, language), 303, headers=HEADERS)
    given = await answer(session, sight_of(request, caller), name, query, language)
    if ending is Ending.JSON:
        text, kind = given.model_dump_json(by_alias=True), formats.JSON
    elif ending is Ending.CSV:
        text, kind = formats.as_csv(given.data, REPORTS[name].columns), formats.CSV
    else:
        text, kind = await renderer.svg(of_answer(given, language)), formats.SVG
    file = f'attachment; filename="{formats.file_name(given)}.{ending}"'
    return Response(text, media_type=kind, headers={**HEADERS, "Content-Disposition": file})


@router.get("/login")
async def get_login(request: Request, language: Language) -> Response:
    """The form that takes a token."""
    return _login_page(request, language)


@router.post("/login")
async def post_login(request: Request, language: Language) -> Response:
    """Takes a token that is good and may read reports, and keeps it in a cookie."""
    if not login.comes_from_here(request):
        return _login_page(request, language, "not_from_here", 403)
    token = await login.sent_token(request)
    try:
        caller = await login.holder(request.app.state.checker, token)
    except Problem as problem:
        return _refusal(request, problem, language)
    if caller is None:
        return _login_page(request, language, "bad_token", 401)
    if login.READS not in caller.scopes:
        return _login_page(request, language, "no_scope", 403)
    response = RedirectResponse(_at("", request, language), 303, headers=HEADERS)
    login.remember(request, response, token, caller)
    return response


@router.post("/logout")
async def post_logout(request: Request, language: Language) -> Response:
    """Forgets the token."""
    if not login.comes_from_here(request):
        return _login_page(request, language, "not_from_here", 403)
    response = RedirectResponse(f"{login.PATH}/login?lang={language}", 303, headers=HEADERS)
    login.forget(request, response)
    return response


@router.get("/style.css")
async def get_style() -> Response:
    """How the pages look; holds nothing of anybody."""
    headers = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
    return Response(STYLE, media_type="text/css", headers=headers)


async def _reader(request: Request) -> Caller | None:
    caller = await login.caller_of(request)
    if caller is not None and login.READS not in caller.scopes:
        raise Problem(INSUFFICIENT_SCOPE, f"This page needs the scope {login.READS}.")
    return caller


def _refusal(request: Request, problem: Problem, language: str) -> Response:
    """A problem as a person reads it. A token in a header is a program's: it gets the document."""
    if problem.kind is UNAUTHENTICATED:
        raise problem
    code = BY_KIND.get(problem.kind, "unavailable")
    headers = {name: value for name, value in problem.headers.items() if name == "Retry-After"}
    return _login_page(request, language, code, problem.kind.status, headers)


def _login_page(
    request: Request,
    language: str,
    error: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    told = {"WWW-Authenticate": 'Bearer realm="nopsa"'} if status == 401 else {}
    return page(
        "login.html",
        language,
        status=status,
        headers={**told, **(headers or {})},
        error=error and words.page(error, language),
        action=_at("/login", request, language),
        switch=_switch(request, "/login"),
    )


def _form(
    request: Request, chosen: dict[str, str], teams: list[str], language: str
) -> dict[str, Any]:
    return {
        "fields": choices.fields(chosen, teams, language),
        "options": choices.options(chosen, language),
        "opened": not chosen.keys() <= {"from", "to"},
        "switch": _switch(request, ""),
    }


def _switch(request: Request, place: str) -> dict[str, str]:
    return {code: _at(place, request, code) for code in LANGUAGES}


def _at(place: str, request: Request, language: str) -> str:
    """An address of the dashboard with what is chosen there now: never another site's."""
    known = {
        name: value
        for name, value in request.query_params.items()
        if name in choices.FIELDS and value
    }
    return f"{login.PATH}{place}?{urlencode({**known, 'lang': language})}"
