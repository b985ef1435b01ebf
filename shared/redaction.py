"""The last line of defence: masks identity codes, phone numbers and e-mail in text that leaves.

Nothing identifying should reach a log line or a span in the first place; what a caller put into
a place where it does not belong (a URL, a field name) is stopped here. `looks_identifying` is for
text that must be anonymous to be taken at all: it would rather refuse too much.
"""

import re
import unicodedata
from typing import Any

MASK = "***"
_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])\d{6}[-+A-FU-Ya-fu-y]\d{3}[0-9A-Ya-y](?![0-9A-Za-z])"  # identity code
    r"|(?<![0-9A-Fa-f-])(?:\+|%2B|00)358[\d\s-]{5,14}\d"  # phone with the country code
    r"|(?<![0-9A-Fa-f-])0(?:4\d|50)[\s-]?\d{3}[\s-]?\d{2,5}(?![0-9A-Fa-f-])"  # Finnish mobile
)
_THREE_DIGITS = re.compile(r"\d\d\d")
_EMAIL = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+\.[\w.]+")
_IDENTITY_CODE = re.compile(
    # Also with spaces or points in the date, the whole year, or no separator.
    r"(?:0[1-9]|[12]\d|3[01])[ .]?(?:0[1-9]|1[0-2])[ .]?(?:18|19|20)?\d\d"
    r"(?: ?[-+A-FU-Y] ?\d{3}(?:[0-9A-Y]| [0-9A-Y](?!\w))| ?\d{3} ?[A-Y](?!\w))",
    re.IGNORECASE,
)
_CONTACT_DETAIL = re.compile(
    # E-mail: also written out to fool machines.
    r"[\w.+-]+ ?(?:@|%40|[(\[](?:at|ät|a)[)\]]) ?[\w-]+ ?(?:\.|[(\[](?:dot|piste)[)\]]) ?\w+"
    # Phone with a country code: 8 to 15 digits.
    r"|(?<![\w.,-])(?:\+|%2B|00)[1-9](?:[ ()./-]{0,2}\d){7,14}"
    # Finnish number: area or network code, then 5 to 9 digits; a mobile one also with points.
    r"|(?<![\d.,:/-])0[1-9]\d{0,2}\)?[ /-]{0,2}\d(?:[ -]?\d){4,8}(?!\d)"
    r"|(?<![\d.,:/-])0(?:4\d\d?|50)(?:[ ./-]?\d){5,8}(?!\d)",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"  # an id of ours
    r"|\b\d{4}-\d\d-\d\d\b|\b\d\d?[ ./-]\d\d?[ ./-](?:19|20)\d\d\b",  # a date
    re.IGNORECASE,
)
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def mask(text: str) -> str:
    """The text with everything that looks identifying replaced by `***`.

    Every line and span passes here, and hardly any has what an e-mail or a number cannot lack:
    that is looked for first, since it is found out of a tenth of the time.
    """
    if "@" in text or "%40" in text:
        text = _EMAIL.sub(MASK, text)
    if _THREE_DIGITS.search(text):
        text = _NUMBER.sub(MASK, text)
    return text


def mask_value(value: Any) -> Any:
    """`mask` for text, also inside lists and dictionaries; other values as they are."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: mask_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_value(item) for item in value]
    return value


def looks_identifying(text: str) -> bool:
    """Whether an identity code, a phone number or an e-mail address may be anywhere in the text,
    also in other digits, dashes and spaces than a keyboard's. Names cannot be told."""
    plain = "".join(map(_plain, unicodedata.normalize("NFKC", text)))
    if _IDENTITY_CODE.search(plain):
        return True
    return _CONTACT_DETAIL.search(_HARMLESS.sub(" ", plain)) is not None


def _plain(character: str) -> str:
    """The character as a keyboard writes it; nothing for one that does not show."""
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    if character.isspace():
        return " "
    return "" if category == "Cf" else character


def field_name(name: object) -> str:
    """A field name or index fit for an error pointer: what is not shaped like one is masked."""
    text = str(name)
    return text if _is_index(text) or _FIELD_NAME.fullmatch(text) else MASK


def _is_index(text: str) -> bool:
    return text.isdecimal() and len(text) < 6
