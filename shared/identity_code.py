"""Finnish personal identity codes (henkilötunnus): checked here, kept nowhere in the clear.

Two people may differ by the separator alone (reform of 2023), so the whole code is the identity.
"""

from datetime import date

from stdnum.exceptions import ValidationError
from stdnum.fi import hetu

CENTURIES = {"+": 1800} | dict.fromkeys("-YXWVU", 1900) | dict.fromkeys("ABCDEF", 2000)


def normalise(code: str, *, allow_test_codes: bool) -> str:
    """The code in capitals without surrounding space.

    `allow_test_codes` takes the 900-series too, which belongs to no living person.
    Raises `ValueError` (without the code in its text) when the code is not a valid one.
    """
    try:
        return str(hetu.validate(code, allow_temporary=allow_test_codes))
    except ValidationError:
        message = "not a valid Finnish personal identity code (check mark, date or separator)"
        raise ValueError(message) from None


def birth_date_of(code: str) -> date:
    """The date of birth that a valid code carries."""
    return date(CENTURIES[code[6]] + int(code[4:6]), int(code[2:4]), int(code[:2]))
