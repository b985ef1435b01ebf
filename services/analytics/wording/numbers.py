"""Figures, days and moments as people of each language write them; pure."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from shared.calendar import FINLAND

FIXED_SPACE = "\u00a0"
NOTHING = "–"
_ENGLISH = "en"


def figure(name: str, value: Any, language: str) -> str:
    """A figure of that name: a share in percent, money in euros, all else as a number."""
    if value is None:
        return NOTHING
    if name in ("share", "target") or "share" in name:
        return _percent(value, language)
    if name.endswith("_eur"):
        return _euros(value, language)
    return number(value, language)


def number(value: float | Decimal, language: str) -> str:
    """A number with its thousands apart, as many decimals as it has."""
    decimals = 0 if value == int(value) else len(str(value).partition(".")[2])
    text = f"{value:,.{decimals}f}"
    if language == _ENGLISH:
        return text
    return text.replace(",", FIXED_SPACE).replace(".", ",")


def day(value: date, language: str) -> str:
    """A day, by numbers save in English."""
    return f"{value:%-d %b %Y}" if language == _ENGLISH else f"{value:%-d.%-m.%Y}"


def moment(value: datetime, language: str) -> str:
    """A moment in Finnish time."""
    at = value.astimezone(FINLAND)
    time = f"{at:%H:%M}" if language == _ENGLISH else f"{at:%-H.%M}"
    return f"{day(at.date(), language)} {time}"


def month(code: str) -> str:
    """A month that is told as `2022-03`."""
    year, number = code.split("-")
    return f"{int(number)}/{year}"


def _percent(value: float, language: str) -> str:
    percent = round(value * 100, 1)
    shown = number(int(percent) if percent == int(percent) else percent, language)
    return f"{shown}%" if language == _ENGLISH else f"{shown}\u00a0%"


def _euros(value: str | Decimal, language: str) -> str:
    """Whole euros unless there are cents to tell."""
    amount = Decimal(value)
    shown = number(amount.to_integral_value() if amount == int(amount) else amount, language)
    return f"€{shown}" if language == _ENGLISH else f"{shown}\u00a0€"
