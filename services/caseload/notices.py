"""Warnings and flags: a stable code, and the same in plain words. None of them refuses anything."""

from enum import StrEnum

from pydantic import BaseModel


class Sign(StrEnum):
    """What a worker should have an eye on."""

    CONTACT_ESCALATED = "contact_escalated"
    NURSE_MEETINGS_EXCEEDED = "nurse_meetings_exceeded"
    CONSENT_TO_BE_ASKED = "consent_to_be_asked"
    FEWER_POINTS_MAY_BE_GOOD = "fewer_points_may_be_good"


WORDS: dict[Sign, str] = {
    Sign.CONTACT_ESCALATED: "Several tries have not reached the client: agree in the team on "
    "another way, or on somebody whom they trust.",
    Sign.NURSE_MEETINGS_EXCEEDED: "A psychiatric nurse in a social team assesses and supports in "
    "one to three meetings; longer care belongs to a service of its own.",
    Sign.CONSENT_TO_BE_ASKED: "The client came back: ask anew what may be told to whom.",
    Sign.FEWER_POINTS_MAY_BE_GOOD: "Fewer points can mean that there is less left to want: the "
    "need may have fallen. Ask the client what they mean by them.",
}


class Notice(BaseModel):
    """A sign, as it is shown."""

    code: Sign
    text: str


def notice(sign: Sign) -> Notice:
    """The sign in plain words."""
    return Notice(code=sign, text=WORDS[sign])
