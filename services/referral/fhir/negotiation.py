"""The headers of FHIR's HTTP: media types, and what a sender prefers to get back (R4 http)."""

from collections.abc import Iterator
from email.message import Message
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Header, Query

from shared.problems import (
    NOT_ACCEPTABLE,
    UNSUPPORTED_MEDIA_TYPE,
    VALIDATION_FAILED,
    FieldError,
    Problem,
)

TAKEN = frozenset({"application/fhir+json", "application/json"})
GIVEN = TAKEN | {"application/*", "*/*"}
FORMATS = ("json", "application/json", "application/fhir+json", "application/fhir json")
"""Of `_format`; a plus sign that was not escaped arrives as a space."""
FHIR_VERSION = "4.0"


class Returned(StrEnum):
    """What a create answers with."""

    MINIMAL = "minimal"
    REPRESENTATION = "representation"
    OUTCOME = "OperationOutcome"


async def _acceptable(
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
    wanted: Annotated[
        str | None,
        Query(
            alias="_format",
            description="goes before Accept",
            json_schema_extra={"enum": list(FORMATS[:3])},
        ),
    ] = None,
) -> None:
    """Raises `not_acceptable` when JSON is not among what the caller takes."""
    if wanted is not None:
        fits = wanted.lower() in FORMATS
    else:
        fits = accept is None or any(_gives(part) for part in _parts(accept))
    if not fits:
        raise Problem(NOT_ACCEPTABLE, "FHIR is spoken here as application/fhir+json, R4.")


async def _taken(
    content_type: Annotated[str | None, Header(include_in_schema=False)] = None,
    if_none_exist: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> None:
    """Raises `unsupported_media_type` for a body that is not FHIR JSON, and refuses conditions."""
    message = _parsed(content_type or "")
    if message.get_content_type() not in TAKEN or not _is_r4(message):
        raise Problem(UNSUPPORTED_MEDIA_TYPE, "Send Content-Type: application/fhir+json, R4.")
    if if_none_exist is not None:
        detail = "not supported: the identifier of the request is taken once anyway"
        raise Problem(
            VALIDATION_FAILED, errors=[FieldError("/header/If-None-Exist", "not_supported", detail)]
        )


async def _returned(
    prefer: Annotated[
        str | None,
        Header(max_length=200, description="return=minimal, representation or OperationOutcome"),
    ] = None,
) -> Returned:
    """What `Prefer: return=` asks for; a representation without it."""
    for part in (prefer or "").replace(",", ";").split(";"):
        name, _, value = part.strip().partition("=")
        if name.strip().lower() == "return" and value.strip('" ') in set(Returned):
            return Returned(value.strip('" '))
    return Returned.REPRESENTATION


Acceptable = Depends(_acceptable)
Taken = Depends(_taken)
Preference = Annotated[Returned, Depends(_returned)]


def _parts(accept: str) -> Iterator[Message]:
    return (_parsed(part) for part in accept.split(","))


def _parsed(media_type: str) -> Message:
    message = Message()
    message["content-type"] = media_type.strip()
    return message


def _gives(part: Message) -> bool:
    refused = part.get_param("q") in ("0", "0.0", "0.00", "0.000")
    media_type = str(part["content-type"]).partition(";")[0].strip().lower()
    return media_type in GIVEN and _is_r4(part) and not refused


def _is_r4(part: Message) -> bool:
    return str(part.get_param("fhirVersion", FHIR_VERSION)).startswith(FHIR_VERSION)
