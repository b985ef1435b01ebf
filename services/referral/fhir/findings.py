"""What was found wrong with a request, and what of it was left out, each with its FHIRPath."""

from services.referral.fhir import rules
from shared.problems import INVALID_RESOURCE, VALIDATION_FAILED, FieldError, Problem

STRUCTURAL = frozenset(
    {"structure", "unknown_element", "missing", "code_invalid", "duplicate", "too_costly"}
)
"""Not R4, or not to be read: a 400. Everything else is R4 that this house cannot take: a 422."""


class Findings:
    """Collects, so that a sender learns all at once. Texts are ours, never what was sent."""

    def __init__(self) -> None:
        self._errors: list[FieldError] = []
        self.left_out: list[str] = []

    def add(self, expression: str, code: str, detail: str) -> None:
        """One thing that is wrong."""
        self._errors.append(FieldError(expression, code, detail))

    def leave_out(self, expression: str) -> None:
        """One element that is taken but not kept."""
        self.left_out.append(expression)

    @property
    def any(self) -> bool:
        """Whether anything is wrong."""
        return bool(self._errors)

    def problem(self) -> Problem:
        """`invalid_resource` or `validation_failed`, with all that was found."""
        return _problem(self._errors[: rules.MAX_ISSUES])


def refuse(expression: str, code: str, detail: str) -> Problem:
    """The problem of one finding that nothing can be read beyond."""
    return _problem([FieldError(expression, code, detail)])


def _problem(errors: list[FieldError]) -> Problem:
    structural = any(error.code in STRUCTURAL for error in errors)
    return Problem(INVALID_RESOURCE if structural else VALIDATION_FAILED, errors=errors)
