"""The languages the house speaks to people, and which of them a caller wants."""

from typing import Annotated

from fastapi import Depends, Header, Response

LANGUAGES = ("fi", "sv", "en")


def preferred_language(accept_language: str | None, otherwise: str = LANGUAGES[0]) -> str:
    """The best of our languages for an Accept-Language header; Finnish when none fits, unless it
    is to be another."""
    wishes = []
    for position, part in enumerate((accept_language or "").split(",")):
        tag, _, parameters = part.strip().partition(";")
        language = tag.split("-")[0].strip().lower()
        if language in LANGUAGES:
            wishes.append((-_quality(parameters), position, language))
    return min(wishes)[2] if wishes else otherwise


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


async def _wanted(
    response: Response,
    accept_language: Annotated[str | None, Header(alias="Accept-Language")] = None,
) -> str:
    language = preferred_language(accept_language)
    response.headers["Content-Language"] = language
    return language


async def _wanted_or_english(
    response: Response,
    accept_language: Annotated[str | None, Header(alias="Accept-Language")] = None,
) -> str:
    language = preferred_language(accept_language, otherwise="en")
    response.headers["Content-Language"] = language
    return language


WantedLanguage = Annotated[str, Depends(_wanted)]
"""The language to answer in, which the answer names in Content-Language."""
WantedLanguageOrEnglish = Annotated[str, Depends(_wanted_or_english)]
"""The same for what is documented in English, where whoever names no language expects it."""
