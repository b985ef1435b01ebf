"""The dashboard's HTML: templates that escape everything, and headers that let nothing else in."""

from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from services.analytics.wording import catalogue as words
from shared.languages import LANGUAGES

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    # With `no-referrer` browsers would hide the origin of our own forms too.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Vary": "Accept-Language, Cookie, Authorization",
}
NAMES = {"fi": "Suomi", "sv": "Svenska", "en": "English"}
_TEMPLATES = Environment(
    loader=PackageLoader("services.analytics.dashboard"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(
    template: str,
    language: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """A page in a language. In templates `say` gives a text of the catalogue."""

    def say(code: str, **gaps: str) -> str:
        return words.page(code, language, **gaps)

    html = _TEMPLATES.get_template(template).render(
        language=language, languages=[(code, NAMES[code]) for code in LANGUAGES], say=say, **values
    )
    said = {**HEADERS, "Content-Language": language, **(headers or {})}
    return HTMLResponse(html, status, headers=said)


def drawn(svg: str) -> Markup:
    """A chart to stand in a page as it is: the drawing library's text, in which ours is escaped."""
    return Markup(svg)  # noqa: S704
