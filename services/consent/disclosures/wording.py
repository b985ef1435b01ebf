"""The log in plain words, Finnish, Swedish and English, as the client reads it."""

from datetime import datetime
from typing import NamedTuple

from services.consent.disclosures.acts import Act, Kind
from shared.calendar import FINLAND
from shared.contracts.codes import DisclosedClass


class Words(NamedTuple):
    """One text in every language of the house."""

    fi: str
    sv: str
    en: str


KINDS = {
    Kind.WORKER: Words("työntekijä", "en arbetstagare", "a worker"),
    Kind.PARTNER: Words("yhteistyökumppani", "en samarbetspartner", "a partner organisation"),
    Kind.RECORD_SYSTEM: Words("tietojärjestelmä", "ett journalsystem", "a record system"),
    Kind.ORGANISATION: Words("organisaation käyttäjä", "en organisation", "an organisation"),
    Kind.SYSTEM: Words("palvelu itse", "tjänsten själv", "the service itself"),
    Kind.OTHER: Words("muu käyttäjä", "en annan användare", "another user"),
}
ACTS = {
    Act.READ: Words("katsoi", "såg på", "looked at"),
    Act.SENT: Words("lähetti eteenpäin", "sände vidare", "sent on"),
    Act.DECIDED: Words(
        "pyysi päätöksen, saako luovuttaa",
        "bad om beslut om att lämna ut",
        "asked whether to share",
    ),
    Act.CHANGED: Words("kirjasi tai muutti", "antecknade eller ändrade", "recorded or changed"),
    Act.ERASED: Words("poisti", "raderade", "erased"),
}
CLASSES = {
    DisclosedClass.IDENTITY: Words(
        "henkilötietojasi", "dina personuppgifter", "your personal details"
    ),
    DisclosedClass.REFERRAL: Words(
        "sinua koskevan ohjauksen tietoja",
        "uppgifter i en remiss som gäller dig",
        "details of a referral about you",
    ),
    DisclosedClass.CASE: Words(
        "asiakkuutesi tietoja", "uppgifter om ditt klientskap", "details of your case"
    ),
    DisclosedClass.HANDOVER: Words(
        "tietoja siirtymisestäsi toiseen palveluun",
        "uppgifter om din övergång till en annan tjänst",
        "details of your move to another service",
    ),
    DisclosedClass.PLACEMENT: Words(
        "asumispalvelusi tietoja",
        "uppgifter om din boendeservice",
        "details of your housing service",
    ),
    DisclosedClass.SERVICE_PATH: Words(
        "palvelujesi yhteistä suunnitelmaa",
        "den gemensamma planen för din service",
        "the shared plan of your services",
    ),
    DisclosedClass.CONSENT: Words(
        "suostumuksiasi tai kieltojasi koskevia tietoja",
        "uppgifter om dina samtycken eller förbud",
        "details of your consents or denials",
    ),
    DisclosedClass.DOCUMENT: Words(
        "sinua koskevaa asiakirjaa", "en handling som gäller dig", "a document about you"
    ),
    DisclosedClass.LOG: Words(
        "tätä luetteloa tietojesi käytöstä",
        "denna förteckning över hur dina uppgifter använts",
        "this list of who has used your details",
    ),
    DisclosedClass.OTHER: Words(
        "muita sinua koskevia tietoja", "andra uppgifter om dig", "other details about you"
    ),
}
ASKED = Words("tietojasi", "dina uppgifter", "your details")
"""What a decision is about: what would be told, not the consents it rests on."""
PURPOSES = {
    "care": Words("hoito ja palvelu", "vård och service", "care and service"),
    "coordination": Words(
        "palvelujen yhteensovittaminen", "samordning av service", "coordination of services"
    ),
    "administration": Words("hallinto", "förvaltning", "administration"),
    "retention": Words(
        "säilytysajan päättyminen", "förvaringstiden löpte ut", "the end of the time of keeping"
    ),
    "refusal": Words(
        "et antanut suostumusta", "du gav inte ditt samtycke", "you did not give your consent"
    ),
}
BASES = {
    "consent": Words("suostumuksesi", "ditt samtycke", "your consent"),
    "duty_to_notify": Words(
        "lakisääteinen ilmoitusvelvollisuus", "lagstadgad anmälningsplikt", "a duty to notify"
    ),
    "self": Words("oma yhteydenottosi", "din egen kontakt", "you made contact yourself"),
    "private_notifier": Words(
        "yksityishenkilön ilmoitus", "anmälan av en privatperson", "notice by a private person"
    ),
    "paper_signed": Words("allekirjoitettu lomake", "undertecknad blankett", "a signed form"),
    "digital": Words("sähköinen lomake", "elektronisk blankett", "a digital form"),
    "oral_recorded": Words(
        "suullisesti annettu, kirjattu", "muntligt given, antecknad", "given orally, written down"
    ),
    "consent_revoked": Words(
        "ei lupaa: suostumus on peruttu",
        "inget tillstånd: samtycket har återkallats",
        "not allowed: the consent was taken back",
    ),
    "consent_expired": Words(
        "ei lupaa: suostumus on päättynyt",
        "inget tillstånd: samtycket har upphört",
        "not allowed: the consent has ended",
    ),
    "out_of_scope": Words(
        "ei lupaa: suostumus ei koske tätä",
        "inget tillstånd: samtycket omfattar inte detta",
        "not allowed: the consent does not cover this",
    ),
    "no_consent": Words(
        "ei lupaa: suostumusta ei ole",
        "inget tillstånd: samtycke saknas",
        "not allowed: there is no consent",
    ),
    "same_register": Words(
        "palvelun järjestäjän oma rekisteri",
        "ordnarens eget register",
        "the organiser's own register",
    ),
    "danger_to_life": Words(
        "hengen vaara (tietosuoja-asetus 9 artikla)",
        "livsfara (dataskyddsförordningen, artikel 9)",
        "danger to life (data protection regulation, article 9)",
    ),
    "child_protection": Words(
        "lastensuojeluilmoitus (lastensuojelulaki 25 §)",
        "barnskyddsanmälan (barnskyddslagen 25 §)",
        "child welfare notification (Child Welfare Act, section 25)",
    ),
    "support_need": Words(
        "yhteydenotto tuen tarpeen arvioimiseksi (sosiaalihuoltolaki 35 §)",
        "kontakt för bedömning av stödbehovet (socialvårdslagen 35 §)",
        "contact to assess the need of support (Social Welfare Act, section 35)",
    ),
    "older_person": Words(
        "ilmoitus iäkkään palveluntarpeesta (laki 980/2012, 25 §)",
        "anmälan om en äldre persons servicebehov (lag 980/2012, 25 §)",
        "notice of an older person's need of service (Act 980/2012, section 25)",
    ),
    "denied": Words(
        "ei lupaa: olet kieltänyt tämän",
        "inget tillstånd: du har förbjudit detta",
        "not allowed: you have forbidden it",
    ),
    "own_record": Words(
        "asiakirja kuuluu tähän rekisteriin",
        "handlingen hör till detta register",
        "the document belongs to this record",
    ),
    "stored": Words("tallennettu", "lagrad", "stored"),
    "superseded": Words("korvattu uudemmalla", "ersatt av en nyare", "replaced by a newer one"),
    "conflict": Words("ristiriita tallennuksessa", "konflikt i lagringen", "stored differently"),
}
_RECEIVER = Words(" Saaja: {org}.", " Mottagare: {org}.", " Receiver: {org}.")
_PURPOSE = Words(" Tarkoitus: {why}.", " Ändamål: {why}.", " Purpose: {why}.")
_BASIS = Words(" Peruste: {why}.", " Grund: {why}.", " Basis: {why}.")
_MOMENT = Words(
    "{at:%-d.%-m.%Y} klo {at:%-H.%M}",
    "{at:%-d.%-m.%Y} kl. {at:%-H.%M}",
    "{at:%-d %B %Y} at {at:%-H:%M}",
)


def word(words: Words, language: str) -> str:
    """The text in a language of the house."""
    text: str = getattr(words, language)
    return text


def known(table: dict[str, Words], code: str | None, language: str) -> str | None:
    """What a code means; None for one that has no words, which then stands for itself."""
    words = table.get(code) if code else None
    return word(words, language) if words else None


class Telling(NamedTuple):
    """What one row of the log says. `who` is an id, if there is one to name."""

    at: datetime
    kind: Kind
    who: str | None
    act: Act
    data_class: DisclosedClass
    receiver: str | None
    purpose: str | None
    basis: str | None


def what(telling: Telling, language: str) -> str:
    """The client's data that it was about."""
    asked = telling.act == Act.DECIDED
    return word(ASKED if asked else CLASSES[telling.data_class], language)


def sentence(telling: Telling, language: str) -> str:
    """The row as the client reads it, at Finnish time."""
    when = word(_MOMENT, language).format(at=telling.at.astimezone(FINLAND))
    who = word(KINDS[telling.kind], language) + (f" ({telling.who})" if telling.who else "")
    act = word(ACTS[telling.act], language)
    text = f"{when}: {who} {act} {what(telling, language)}."
    if telling.receiver:
        text += word(_RECEIVER, language).format(org=telling.receiver)
    purpose = known(PURPOSES, telling.purpose, language)
    if purpose:
        text += word(_PURPOSE, language).format(why=purpose)
    basis = known(BASES, telling.basis, language)
    if basis:
        text += word(_BASIS, language).format(why=basis)
    return text
