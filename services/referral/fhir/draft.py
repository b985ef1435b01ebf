"""A referral's body while it is written from FHIR: each field with the FHIRPath it came from, so
that what the common rules find wrong is told in the sender's own terms."""

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from services.referral.intake.schemas import ReferralBody
from shared.problems import VALIDATION_FAILED, FieldError, Problem
from shared.web.errors import field_errors

Check = Callable[[ReferralBody], ReferralBody]


class Draft:
    """Fields of a `ReferralBody` by JSON Pointer, and where each was found."""

    def __init__(self, at: str) -> None:
        self._at = at
        self._fields: dict[str, Any] = {}
        self._sources: dict[str, str] = {}

    def put(self, pointer: str, value: Any, at: str) -> None:
        """Sets a field, unless there is nothing to set."""
        if value is None:
            return
        *parents, name = pointer.strip("/").split("/")
        place = self._fields
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = value
        self._sources[pointer] = at

    def has(self, pointer: str) -> bool:
        """Whether a field was set."""
        return pointer in self._sources

    def came_from(self, pointer: str, at: str) -> None:
        """Where a field came from, when only a part of it or the whole is set."""
        self._sources[pointer] = at

    def body(self, check: Check) -> ReferralBody:
        """The body, well formed and checked. Raises `validation_failed` with FHIRPaths."""
        try:
            return check(ReferralBody.model_validate(self._fields))
        except ValidationError as error:
            found = field_errors(error.errors(include_input=False, include_url=False))
        except Problem as problem:
            if not problem.errors:
                raise
            found = list(problem.errors)
        raise Problem(VALIDATION_FAILED, errors=[self._in_fhir(error) for error in found])

    def _in_fhir(self, error: FieldError) -> FieldError:
        pointer = error.pointer
        while pointer and pointer not in self._sources:
            pointer = pointer.rpartition("/")[0]
        return FieldError(self._sources.get(pointer, self._at), error.code, error.detail)
