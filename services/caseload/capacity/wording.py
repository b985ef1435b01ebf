"""Plain words, in Finnish, Swedish and English, for what a projection takes for granted."""

from collections.abc import Iterable

from services.caseload.capacity.rules import Assumption
from services.caseload.wording import Because, Words

WORDS: dict[Assumption, Words] = {
    Assumption.USUAL_CANCELLATIONS: Words(
        "Oma historia on vielä lyhyt: varatuista tapaamisista oletetaan peruuntuvan 15 %, kuten "
        "LiiTu-työssä.",
        "Den egna historiken är ännu kort: 15 % av de bokade mötena antas bli inställda, som i "
        "LiiTu-arbetet.",
        "The team's own past is short: 15 % of booked meetings are taken to be cancelled, as in "
        "LiiTu's practice.",
    ),
    Assumption.CLOSINGS_BY_TARGET: Words(
        "Asiakkuuksia on päättynyt liian vähän: niiden oletetaan päättyvän tiimin tavoiteajassa.",
        "För få klientskap har avslutats: de antas avslutas inom teamets måltid.",
        "Too few cases have ended to tell: they are taken to end after the team's own target.",
    ),
    Assumption.AS_MANY_MEETINGS_A_CLIENT: Words(
        "Asiakas tarvitsee yhtä monta tapaamista kuin ennenkin: päättymiset seuraavat tapaamisia.",
        "En klient behöver lika många möten som förut: avsluten följer mötena.",
        "A client needs as many meetings as before: endings follow the meetings.",
    ),
    Assumption.NEW_WORKER_FULL_TIME: Words(
        "Uusi työntekijä on kokoaikainen ja ottaa ohjeellisen asiakasmäärän.",
        "En ny arbetstagare är heltidsanställd och tar riktvärdets antal klienter.",
        "A new worker is full-time and takes as many clients as the guideline says.",
    ),
}


def assumptions_in(assumptions: Iterable[Assumption], language: str) -> list[Because]:
    """The assumptions in plain words of a language."""
    return [Because(code=one, text=getattr(WORDS[one], language)) for one in assumptions]
