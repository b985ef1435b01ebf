"""Ages as coarse groups; pure."""

from datetime import date

from shared.contracts.codes import AgeGroup

_UPPER_AGES = (
    (17, AgeGroup.UNDER_18),
    (29, AgeGroup.FROM_18_TO_29),
    (64, AgeGroup.FROM_30_TO_64),
    (75, AgeGroup.FROM_65_TO_75),
)


def age_group(birth_date: date | None, today: date) -> AgeGroup:
    """The group of a person's age in full years; 75 itself is not yet "over 75" (SHL 36 §)."""
    if birth_date is None:
        return AgeGroup.UNKNOWN
    had_birthday = (today.month, today.day) >= (birth_date.month, birth_date.day)
    age = today.year - birth_date.year - (0 if had_birthday else 1)
    return next((group for upper, group in _UPPER_AGES if age <= upper), AgeGroup.OVER_75)
