"""Plain words for senders in Finnish, Swedish and English.

The words follow from the kind of partner alone, never from the person or the state of the work.
"""

from shared.languages import LANGUAGES as LANGUAGES
from shared.languages import preferred_language as preferred_language

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
