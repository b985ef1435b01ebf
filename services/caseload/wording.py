"""Plain words, in Finnish, Swedish and English, for why an assignment or a line is as it is."""

from collections.abc import Iterable
from typing import NamedTuple

from pydantic import BaseModel

from services.caseload.assignment.why import Why


class Because(BaseModel):
    """One ground of a decision: a stable code, and the same in plain words."""

    code: str
    text: str


class Words(NamedTuple):
    """One text in every language of the house."""

    fi: str
    sv: str
    en: str


def because(grounds: Iterable[Why], language: str) -> list[Because]:
    """The grounds in plain words of a language."""
    return [Because(code=why, text=getattr(WORDS[why], language)) for why in grounds]


WORDS: dict[Why, Words] = {
    Why.WISHED: Words(
        "Lähettäjä toivoi tätä tiimiä.",
        "Avsändaren önskade detta team.",
        "The sender wished for this team.",
    ),
    Why.SERVES: Words(
        "Tiimi palvelee asiakkaan kuntaa ja kohderyhmää.",
        "Teamet betjänar klientens kommun och målgrupp.",
        "The team covers the client's municipality and serves their target group.",
    ),
    Why.MUNICIPALITY_NOT_COVERED: Words(
        "Mikään tiimi, tai tämä tiimi, ei palvele asiakkaan kuntaa.",
        "Inget team, eller inte detta team, betjänar klientens kommun.",
        "No team, or not this one, covers the client's municipality.",
    ),
    Why.TARGET_GROUP_NOT_SERVED: Words(
        "Asiakas ei kuulu kohderyhmään, jota täällä palvellaan.",
        "Klienten hör inte till den målgrupp som betjänas här.",
        "The client is not of the target groups that are served here.",
    ),
    Why.INTAKE_PAUSED: Words(
        "Tiimi ei juuri nyt ota asiakkaita tältä taholta.",
        "Teamet tar just nu inte emot klienter från denna aktör.",
        "The team has paused its intake from this kind of sender.",
    ),
    Why.OVER_QUOTA: Words(
        "Lähettäjän yhteistyöraamien viikkomäärä on täynnä.",
        "Veckokvoten i avsändarens samarbetsavtal är fylld.",
        "The sender's agreement carries no more referrals this week.",
    ),
    Why.OUTSIDE_AGREEMENT: Words(
        "Ohjaus ei kuulu lähettäjän yhteistyöraameihin.",
        "Avsändarens samarbetsavtal omfattar inte denna remiss.",
        "The sender's agreement does not carry this referral.",
    ),
    Why.TAKES_OVER: Words(
        "Tiimi ottaa asiakkaat, joita toinen tiimi ei nyt ota.",
        "Teamet tar klienter som ett annat team inte tar emot nu.",
        "The team takes whom another team, which has paused its intake, sends here.",
    ),
    Why.GUIDANCE_UNIT_ASKED_LAST: Words(
        "Asiakasohjausta pyydetään vasta, kun mikään tiimi ei palvele asiakasta.",
        "Klienthandledningen anlitas först när inget team betjänar klienten.",
        "A guidance unit is asked only when no team serves the client.",
    ),
    Why.GUIDANCE_UNIT_OF_COUNTY: Words(
        "Se on asiakkaan hyvinvointialueen asiakasohjaus.",
        "Det är klienthandledningen i klientens välfärdsområde.",
        "It is the guidance unit of the client's county.",
    ),
    Why.TEAM_NOT_IN_LINE: Words(
        "Tiimi ei ollut ehdolla tälle asiakkaalle.",
        "Teamet kom inte i fråga för denna klient.",
        "The team was not in line for this client.",
    ),
    Why.CHOSEN: Words(
        "Valittiin: parhaat pisteet niistä, joilla on tilaa.",
        "Valdes: bästa poäng bland dem som har plats.",
        "Chosen: the best score among those with room.",
    ),
    Why.CHOSEN_IN_PAIR: Words(
        "Valittiin työpariin: alansa parhaat pisteet niistä, joilla on tilaa.",
        "Valdes till arbetsparet: bästa poäng inom sitt område bland dem som har plats.",
        "Chosen for the work pair: the best score with room in their sector.",
    ),
    Why.ABSENT: Words(
        "Poissa: ei ota uusia asiakkaita ennen paluutaan.",
        "Frånvarande: tar inga nya klienter före återkomsten.",
        "Absent: takes no new clients until they are back.",
    ),
    Why.NO_ROOM: Words(
        "Ei tilaa: avoimet asiakkuudet täyttävät kapasiteetin.",
        "Ingen plats: de öppna klientskapen fyller kapaciteten.",
        "No room: the open cases fill the capacity.",
    ),
    Why.LOWER_SCORE: Words(
        "Tilaa olisi, mutta toisella oli paremmat pisteet, tai samat ja pienempi tunnus.",
        "Plats finns, men en annan hade bättre poäng, eller lika och en mindre beteckning.",
        "Room, but somebody else scored better, or as well with a smaller id.",
    ),
    Why.OTHER_TEAM_FIRST: Words(
        "Tilaa olisi, mutta järjestyksessä edeltävällä tiimilläkin oli.",
        "Plats finns, men ett team före detta i ordningen hade också plats.",
        "Room, but a team before this one in line had room too.",
    ),
    Why.NOT_PICKED: Words(
        "Tilaa olisi, mutta tiimi valitsi toisen.",
        "Plats finns, men teamet valde någon annan.",
        "Room, but the team picked somebody else.",
    ),
    Why.EARLIER_WORKER: Words(
        "Työskenteli asiakkaan kanssa aiemmin.",
        "Har arbetat med klienten tidigare.",
        "Worked with the client before.",
    ),
    Why.PROFESSION_ASKED_FOR: Words(
        "Edustaa alaa, jota ohjauksen syyt edellyttävät.",
        "Företräder det område som orsakerna kräver.",
        "Is of the profession that the reasons ask for.",
    ),
    Why.OTHER_PROFESSION: Words(
        "Edustaa muuta alaa kuin ohjauksen syyt edellyttävät.",
        "Företräder ett annat område än orsakerna kräver.",
        "Is of another profession than the reasons ask for.",
    ),
    Why.LANGUAGE_SPOKEN: Words(
        "Puhuu asiakkaan kieltä.",
        "Talar klientens språk.",
        "Speaks the client's language.",
    ),
    Why.LANGUAGE_NOT_SPOKEN: Words(
        "Ei puhu asiakkaan kieltä.",
        "Talar inte klientens språk.",
        "Does not speak the client's language.",
    ),
    Why.COMPETENCE_FITS: Words(
        "On perehtynyt ohjauksen syihin.",
        "Har kunnande om orsakerna.",
        "Is trained in what the client is referred for.",
    ),
    Why.PART_TIME: Words(
        "Osa-aikainen: kapasiteetti on työpäivien mukainen.",
        "Deltidsanställd: kapaciteten följer arbetsdagarna.",
        "Part-time: the capacity follows the working days.",
    ),
    Why.PAIR_NEEDED: Words(
        "Syyt edellyttävät sekä sosiaali- että terveysalan työtä: asiakkaalla on työpari.",
        "Orsakerna kräver arbete inom både social- och hälsovård: ett arbetspar har klienten.",
        "The reasons ask for both social and health work: a work pair has the case.",
    ),
    Why.PAIR_INCOMPLETE: Words(
        "Syyt edellyttävät työparia, mutta vain toisella alalla oli tilaa: yksi aloittaa.",
        "Orsakerna kräver ett arbetspar, men bara ett område hade plats: en börjar.",
        "The reasons ask for a work pair, but only one sector had room: one worker begins.",
    ),
    Why.REDIRECTED: Words(
        "Ohjattiin hyvinvointialueen asiakasohjaukseen.",
        "Hänvisades till välfärdsområdets klienthandledning.",
        "Redirected to the county's guidance unit.",
    ),
    Why.REDIRECTED_TO_TEAM: Words(
        "Ohjattiin toiselle tiimille.",
        "Hänvisades till ett annat team.",
        "Redirected to another team.",
    ),
    Why.WAITS_FOR_ROOM: Words(
        "Kaikki vuorossa olevat ovat täynnä: asiakas odottaa ja saa paikan jonon järjestyksessä.",
        "Alla i turordningen är fulla: klienten väntar och får plats i köns ordning.",
        "Everybody in line is full: the client waits and gets room in the order of the line.",
    ),
    Why.WAITS_FOR_INTAKE: Words(
        "Muuta tiimiä tai asiakasohjausta ei ole: asiakas odottaa, että tiimi ottaa taas.",
        "Inget annat team och ingen klienthandledning finns: klienten väntar på att teamet öppnar.",
        "There is no other team and no guidance unit: the client waits until the team takes again.",
    ),
    Why.NO_TEAM: Words(
        "Mikään tiimi tai asiakasohjaus ei palvele asiakasta: paikka jonossa säilyy.",
        "Inget team och ingen klienthandledning betjänar klienten: platsen i kön behålls.",
        "No team and no guidance unit serves the client: the place in line is kept.",
    ),
    Why.LIVES_ELSEWHERE: Words(
        "Lähettäjän mukaan asiakas asuu nyt kunnassa, jota tiimi ei palvele: työntekijät pysyvät.",
        "Enligt avsändaren bor klienten nu i en kommun utanför teamets: arbetstagarna kvarstår.",
        "The sender says that the client lives outside the team's municipalities now: those who "
        "have the case keep it, until the team gives it to others.",
    ),
    Why.REASSIGNED: Words(
        "Tiimi vaihtoi työntekijät itse.",
        "Teamet bytte arbetstagare självt.",
        "The team gave the case to these workers itself.",
    ),
    Why.BEYOND_CAPACITY: Words(
        "Lähiesihenkilö päätti tästä, vaikka tilaa ei ollut.",
        "Den närmaste chefen beslutade om detta fast plats saknades.",
        "A lead decided so although there was no room.",
    ),
    Why.IMMEDIATE: Words("Välitön tarve.", "Omedelbart behov.", "The need is immediate."),
    Why.URGENT: Words("Kiireellinen.", "Brådskande.", "Urgent."),
    Why.ROUTINE: Words("Kiireetön.", "Inte brådskande.", "Routine."),
    Why.AGED: Words(
        "On odottanut pitkään ja rinnastetaan kiireelliseen.",
        "Har väntat länge och jämställs med brådskande.",
        "Has waited long, and counts as urgent.",
    ),
    Why.LEAVES_SOON: Words(
        "Vapautuu tai kotiutuu pian, tai on jo vapautunut tai kotiutunut.",
        "Friges eller skrivs ut snart, eller har redan gjort det.",
        "Is released or discharged soon, or was already.",
    ),
    Why.LONGEST_FIRST: Words(
        "Samanveroisista se, joka on odottanut pisimpään, on ensin.",
        "Bland jämbördiga går den som väntat längst först.",
        "Among equals, who has waited longest is first.",
    ),
    Why.MOVED: Words(
        "Lähiesihenkilö siirsi asiakkaan tähän kohtaan.",
        "Den närmaste chefen flyttade klienten hit.",
        "A lead moved the client here.",
    ),
}
