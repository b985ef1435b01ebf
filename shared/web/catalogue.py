"""The problems a service answers with: their shape in OpenAPI, the catalogue at their `type`."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from shared import problems
from shared.web.errors import MEDIA_TYPE

_CONTENT: dict[str, Any] = {
    MEDIA_TYPE: {
        "schema": {
            "type": "object",
            "required": ["type", "title", "status", "detail", "code"],
            "properties": {
                "type": {"type": "string", "format": "uri-reference"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "instance": {"type": ["string", "null"]},
                "code": {"type": "string", "enum": sorted(problems.CATALOGUE)},
                "trace_id": {"type": ["string", "null"]},
                "errors": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "pointer": {"type": "string"},
                            "code": {"type": "string"},
                            "detail": {"type": "string"},
                        },
                    },
                },
            },
        }
    }
}

RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"description": "A problem", "content": _CONTENT}
}
"""What any operation may answer beside what it is for."""


def catalogue_router() -> APIRouter:
    """The catalogue of problems at their `type` addresses."""
    router = APIRouter(tags=["problems"])

    @router.get("/problems", summary="Every kind of problem this house answers with")
    async def catalogue() -> list[dict[str, Any]]:
        return [vars(kind) for kind in problems.CATALOGUE.values()]

    @router.get("/problems/{code}", summary="One kind of problem, and what to do about it")
    async def kind(code: str, request: Request) -> JSONResponse:
        found = problems.CATALOGUE.get(code)
        if found is None:
            raise problems.Problem(problems.NOT_FOUND)
        return JSONResponse(vars(found))

    return router
