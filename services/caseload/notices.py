"""Warnings and flags: a stable code, and the same in plain words. None of them refuses anything."""

from enum import StrEnum

from pydantic import BaseModel


class Sign(StrEnum):
    """What a worker should have an eye on."""

    CONTACT_ESCALATED = "contact_escalated"
    CONTACT_OVERDUE = "contact_overdue"
    ASSESSMENT_OVERDUE = "assessment_overdue"
    NURSE_MEETINGS_EXCEEDED = "nurse_meetings_exceeded"
    SAME_PERSON = "same_person"
    CONSENT_TO_BE_ASKED = "consent_to_be_asked"
    FEWER_POINTS_MAY_BE_GOOD = "fewer_points_may_be_good"


WORDS: dict[Sign, str] = {
    Sign.CONTACT_ESCALATED: "Several tries have not reached the client: agree in the team on "
    "another way, or on somebody whom they trust.",
    Sign.CONTACT_OVERDUE: "The client was not reached by the time that the team has set itself.",
    Sign.ASSESSMENT_OVERDUE: "The assessment of service needs did not begin by the last day that "
    "the law sets (Social Welfare Act, section 36).",
    Sign.NURSE_MEETINGS_EXCEEDED: "A psychiatric nurse in a social team assesses and supports in "
    "one to three meetings; longer care belongs to a service of its own.",
    Sign.SAME_PERSON: "The client was found to be the same person as another client of the team: "
    "agree in the team on who goes on with them. Nothing is closed by itself.",
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
