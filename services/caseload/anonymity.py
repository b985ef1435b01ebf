"""Free text that must not say who it is about is refused when it does."""

from shared.problems import IDENTIFYING_VALUE, FieldError, Problem
from shared.redaction import looks_identifying


def refuse_identifying(pointer: str, text: str | None) -> None:
    """Raises `identifying_value` when an identity code, phone number or e-mail is in the text.

    A name cannot be told from other words: that one is left out stays the writer's duty.
    """
    if text is not None and looks_identifying(text):
        found = FieldError(
            pointer,
            IDENTIFYING_VALUE.code,
            "there seems to be an identity code, a phone number or an e-mail address in it",
        )
        raise Problem(IDENTIFYING_VALUE, errors=[found])
