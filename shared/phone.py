"""Telephone numbers in one normal form (E.164), so that the same number is found again."""

import phonenumbers

HOME = "FI"


def normalise(number: str) -> str | None:
    """The number as `+358401234567`; Finnish when it names no country. None when it cannot be a
    telephone number."""
    try:
        parsed = phonenumbers.parse(number, HOME)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
