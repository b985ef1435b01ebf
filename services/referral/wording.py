"""Plain words for senders in Finnish, Swedish and English.

The words follow from the kind of partner alone, never from the person or the state of the work.
"""

LANGUAGES = ("fi", "sv", "en")

NEXT_STEP_AUTHORITY = {
    "fi": "Tiimi ottaa asiakkaaseen yhteyttä. Näet ohjauksen etenemisen tämän tunnuksen takaa.",
    "sv": "Teamet kontaktar klienten. Med denna beteckning kan du följa hur ärendet framskrider.",
    "en": "The team will contact the client. Follow the referral with this reference.",
}
NEXT_STEP_OTHERS = {
    "fi": "Kiitos, ilmoitus on vastaanotettu. Emme voi kertoa, mihin se johtaa. "
    "Jos henki on vaarassa, soita 112.",
    "sv": "Tack, din anmälan är mottagen. Vi kan inte berätta vad den leder till. "
    "Ring 112 om liv är i fara.",
    "en": "Thank you, your notice was received. We cannot tell what comes of it. "
    "If a life is in danger, call 112.",
}


def next_step(language: str, *, authority: bool) -> str:
    """What happens next, in a language of `LANGUAGES`."""
    return (NEXT_STEP_AUTHORITY if authority else NEXT_STEP_OTHERS)[language]


def preferred_language(accept_language: str | None) -> str:
    """The best of our languages for an Accept-Language header; Finnish when none fits."""
    wishes = []
    for position, part in enumerate((accept_language or "").split(",")):
        tag, _, parameters = part.strip().partition(";")
        language = tag.split("-")[0].strip().lower()
        if language in LANGUAGES:
            wishes.append((-_quality(parameters), position, language))
    return min(wishes)[2] if wishes else LANGUAGES[0]


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
