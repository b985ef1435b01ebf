"""The sentences of the worklist, in Finnish, Swedish and English. They name nobody."""

from datetime import date, datetime

from services.caseload.wording import Words
from services.caseload.worklist.rules import Item, Section, What
from shared.calendar import FINLAND
from shared.contracts.codes import VisitLocation

LATE: dict[What, Words] = {
    What.CONTACT: Words(
        "Asiakasta ei ole tavoitettu ajoissa: määräaika oli {due}.",
        "Klienten har inte nåtts i tid: fristen gick ut {due}.",
        "The client was not reached in time: it was due {due}.",
    ),
    What.ASSESSMENT: Words(
        "Palvelutarpeen arviointi oli aloitettava viimeistään {due} (sosiaalihuoltolaki 36 §).",
        "Bedömningen av servicebehovet skulle inledas senast {due} (socialvårdslagen 36 §).",
        "The assessment of service needs had to begin by {due} (Social Welfare Act, section 36).",
    ),
    What.PATH_REVIEW: Words(
        "Yhteinen suunnitelma oli määrä tarkistaa {due}.",
        "Den gemensamma planen skulle ses över {due}.",
        "The shared plan was to be reviewed on {due}.",
    ),
}
"""What is said of these when they are late."""

WORDS: dict[What, Words] = {
    What.CONTACT: Words(
        "Tavoita asiakas tänään {time} mennessä.",
        "Nå klienten i dag senast {time}.",
        "Reach the client today by {time}.",
    ),
    What.ASSESSMENT: Words(
        "Palvelutarpeen arviointi on aloitettava tänään (sosiaalihuoltolaki 36 §).",
        "Bedömningen av servicebehovet ska inledas i dag (socialvårdslagen 36 §).",
        "The assessment of service needs has to begin today (Social Welfare Act, section 36).",
    ),
    What.PATH_REVIEW: Words(
        "Yhteinen suunnitelma on määrä tarkistaa tänään.",
        "Den gemensamma planen ska ses över i dag.",
        "The shared plan is to be reviewed today.",
    ),
    What.FOLLOW_UP: Words(
        "Siirrosta on {days} päivää: onko asiakas yhä vastaanottavassa palvelussa?",
        "Överföringen skedde för {days} dagar sedan: är klienten kvar i den mottagande tjänsten?",
        "{days} days since the handover: is the client still with the receiving service?",
    ),
    What.VISIT_TO_RECORD: Words(
        "Kirjaa, toteutuiko käynti {due}.",
        "Anteckna om besöket {due} blev av.",
        "Write down whether the visit of {due} took place.",
    ),
    What.VISIT: Words(
        "Käynti tänään {time}, {location}.",
        "Besök i dag {time}, {location}.",
        "Visit today at {time}, {location}.",
    ),
    What.HANDOVER_ANSWER: Words(
        "Vastaanottavan palvelun vastausta odotetaan; viimeistään {due}.",
        "Den mottagande tjänstens svar väntas; senast {due}.",
        "The receiving service has not answered yet; it has until {due}.",
    ),
    What.JOINT_MEETING: Words(
        "Vastaanottava palvelu suostui {since}: pitäkää yhteinen tapaaminen.",
        "Den mottagande tjänsten sade ja {since}: håll ett gemensamt möte.",
        "The receiving service said yes on {since}: hold the joint meeting.",
    ),
    What.HANDOVER_CONFIRMATION: Words(
        "Yhteinen tapaaminen oli {since}: vastaanottavan palvelun vahvistusta odotetaan.",
        "Det gemensamma mötet hölls {since}: den mottagande tjänstens bekräftelse väntas.",
        "The joint meeting was on {since}: the receiving service has not confirmed yet.",
    ),
    What.CONSENT_QUESTION: Words(
        "Asiakas palasi {since}: kysy uudelleen, mihin hän suostuu.",
        "Klienten kom tillbaka {since}: fråga på nytt vad klienten samtycker till.",
        "The client came back on {since}: ask anew what they consent to.",
    ),
    What.QUIET_CLIENT: Words(
        "Ei tapaamista eikä yhteyttä {days} päivään; väli saisi olla enintään {limit}.",
        "Inget möte och ingen kontakt på {days} dagar; högst {limit} borde gå.",
        "No meeting and no contact for {days} days; at most {limit} should pass.",
    ),
}

LOCATIONS: dict[VisitLocation, Words] = {
    VisitLocation.HOME: Words("asiakkaan kotona", "hemma hos klienten", "at the client's home"),
    VisitLocation.OUTSIDE: Words("ulkona", "utomhus", "outside"),
    VisitLocation.OFFICE: Words("toimistolla", "på kontoret", "at the office"),
    VisitLocation.REMOTE: Words("etänä", "på distans", "remotely"),
}

TIME = Words("klo {0.hour}.{0:%M}", "kl. {0.hour}.{0:%M}", "{0:%H:%M}")


def sentence(item: Item, language: str) -> str:
    """What a worker reads of an item."""
    late = item.section == Section.OVERDUE
    words = LATE.get(item.what, WORDS[item.what]) if late else WORDS[item.what]
    due = item.due_at.astimezone(FINLAND) if item.due_at else item.due_on
    time = _time(due, language) if isinstance(due, datetime) else ""
    told: str = getattr(words, language)
    return told.format(
        due=f"{_day(due)} {time}".strip() if late else _day(due),
        time=time,
        since=_day(item.since.astimezone(FINLAND) if item.since else None),
        days=item.days,
        limit=item.limit,
        location=getattr(LOCATIONS[item.location], language) if item.location else "",
    )


def _day(day: date | None) -> str:
    return f"{day.day}.{day.month}.{day.year}" if day else ""


def _time(moment: datetime, language: str) -> str:
    told: str = getattr(TIME, language)
    return told.format(moment)
