"""A line of a file as a past case, or why it is none. Nothing a line said is repeated in errors."""

from dataclasses import dataclass

from pydantic import ValidationError

from services.caseload.imports import rules
from services.caseload.imports.rules import Past
from services.caseload.imports.schemas import PastCase
from shared.lines import Line
from shared.problems import FieldError
from shared.web.errors import field_errors

MOST_ERRORS = 20
"""So many are told of one line."""

_TOO_LONG = FieldError("", "line_too_long", "a line may have 256 kB")
_NO_JSON = FieldError("", "malformed_json", "the line is not one JSON object in UTF-8")


@dataclass(frozen=True)
class Record:
    """A line that is not blank: a past case, or `errors`."""

    line: int
    case: PastCase | None = None
    errors: tuple[FieldError, ...] = ()

    @property
    def weight(self) -> int:
        """About how many events it gives."""
        if self.case is None:
            return 1
        return 2 + 2 * len(self.case.visits) + 2 * len(self.case.placements)


def read(line: Line) -> Record | None:
    """What a line holds; None for a blank one."""
    if line.content is None:
        return Record(line.number, errors=(_TOO_LONG,))
    if not line.content.strip():
        return None
    try:
        case = PastCase.model_validate_json(line.content)
    except ValidationError as error:
        return Record(line.number, errors=_errors_of(error))
    faults = [FieldError(**vars(fault)) for fault in rules.faults_of(_past(case))]
    if faults:
        return Record(line.number, errors=tuple(faults[:MOST_ERRORS]))
    return Record(line.number, case)


def _errors_of(error: ValidationError) -> tuple[FieldError, ...]:
    found = error.errors(include_url=False, include_input=False)[:MOST_ERRORS]
    if found[0]["type"] in ("json_invalid", "model_type"):
        return (_NO_JSON,)
    return tuple(field_errors(found))


def _past(case: PastCase) -> Past:
    return Past(
        opened_on=case.opened_on,
        closed_on=case.closed_on,
        has_closing_reason=case.closing_reason is not None,
        birth_year=case.birth_year,
        visits=tuple(visit.on for visit in case.visits),
        placements=tuple((each.starts_on, each.ends_on) for each in case.placements),
    )
