"""A referral's body checked beyond its shape, the same for every way in (REST, bulk, FHIR)."""

from datetime import date
from typing import TypeVar

from services.referral.intake import rules
from services.referral.intake.schemas import ReferralBody
from shared import identity_code
from shared.problems import VALIDATION_FAILED, FieldError, Problem

Body = TypeVar("Body", bound=ReferralBody)


def checked(body: Body, *, allow_test_codes: bool, today: date) -> Body:
    """The body with its identity code in normal form. Raises `validation_failed`."""
    errors: list[FieldError] = []
    code = None
    if body.client.identity_code is not None:
        try:
            code = identity_code.normalise(
                body.client.identity_code, allow_test_codes=allow_test_codes
            )
        except ValueError as error:
            errors.append(FieldError("/client/identity_code", "identity_code_invalid", str(error)))
    of_code = identity_code.birth_date_of(code) if code else None
    impossible = rules.birth_date_error(body.client.birth_date, of_code, today)
    if impossible:
        errors.append(FieldError("/client/birth_date", impossible, "this date cannot be"))
    impossible = rules.release_date_error(body.leaves_institution_on, today)
    if impossible:
        errors.append(FieldError("/leaves_institution_on", impossible, "this date cannot be"))
    if errors:
        raise Problem(VALIDATION_FAILED, errors=errors)
    if code == body.client.identity_code:
        return body
    client = body.client.model_copy(update={"identity_code": code})
    return body.model_copy(update={"client": client})
