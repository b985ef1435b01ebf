"""The last line of defence: masks identity codes, phone numbers and e-mail in text that leaves.

Nothing identifying should reach a log line or a span in the first place; what a caller put into
a place where it does not belong (a URL, a field name) is stopped here.
"""

import re
from typing import Any

MASK = "***"
_IDENTIFYING = re.compile(
    r"(?<![0-9A-Za-z])\d{6}[-+A-FU-Ya-fu-y]\d{3}[0-9A-Ya-y](?![0-9A-Za-z])"  # identity code
    r"|[\w.+-]+(?:@|%40)[\w-]+\.[\w.]+"  # e-mail
    r"|(?<![0-9A-Fa-f-])(?:\+|%2B|00)358[\d\s-]{5,14}\d"  # phone with the country code
    r"|(?<![0-9A-Fa-f-])0(?:4\d|50)[\s-]?\d{3}[\s-]?\d{2,5}(?![0-9A-Fa-f-])"  # Finnish mobile
)
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def mask(text: str) -> str:
    """The text with everything that looks identifying replaced by `***`."""
    return _IDENTIFYING.sub(MASK, text)


def mask_value(value: Any) -> Any:
    """`mask` for text, also inside lists and dictionaries; other values as they are."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: mask_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_value(item) for item in value]
    return value


def field_name(name: object) -> str:
    """A field name or index fit for an error pointer: what is not shaped like one is masked."""
    text = str(name)
    return text if _is_index(text) or _FIELD_NAME.fullmatch(text) else MASK


def _is_index(text: str) -> bool:
    return text.isdecimal() and len(text) < 6
