"""What a referral's body must hold beyond its shape; pure."""

from datetime import date, timedelta

OLDEST_YEARS = 130
RELEASE_HORIZON = timedelta(days=3 * 366)


def birth_date_error(birth_date: date | None, of_code: date | None, today: date) -> str | None:
    """Why a birth date cannot be: in the future, too far back, or not the identity code's."""
    if birth_date is None:
        return None
    if birth_date > today or birth_date.year < today.year - OLDEST_YEARS:
        return "birth_date_impossible"
    if of_code is not None and of_code != birth_date:
        return "birth_date_contradicts_identity_code"
    return None


def release_date_error(leaves_on: date | None, today: date) -> str | None:
    """Why a date of release or discharge cannot be: years away from today either way."""
    if leaves_on is None or abs(leaves_on - today) <= RELEASE_HORIZON:
        return None
    return "leaves_institution_on_impossible"
