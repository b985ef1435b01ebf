"""Patient to the client of a referral, by the Finnish base profile where that has a say."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from fhir.resources.R4B.address import Address
from fhir.resources.R4B.codeableconcept import CodeableConcept
from fhir.resources.R4B.contactpoint import ContactPoint
from fhir.resources.R4B.extension import Extension
from fhir.resources.R4B.humanname import HumanName
from fhir.resources.R4B.patient import Patient

from services.referral.fhir import rules, systems
from services.referral.fhir.draft import Draft
from services.referral.fhir.findings import Findings
from services.referral.fhir.orders import Found
from shared.contracts.municipalities import county_of, municipality_named
from shared.redaction import MASK, mask

Item = TypeVar("Item", HumanName, ContactPoint, Address)

NAME_USES = ("official", "usual", None, "temp", "nickname")
ADDRESS_USES = ("temp", "home", None, "work")
PHONE_USES = ("mobile", "home", None, "temp", "work")
PHONES = frozenset({"phone", "sms"})
OTHER_CONTACTS = "Muut yhteystiedot: "
INTERPRETER = "Tulkki tarvitaan."


def write_client(
    patient: Found[Patient], draft: Draft, findings: Findings, today: date
) -> list[str]:
    """Writes `/client`. Returns remarks: what has no field of its own and goes to the narrative."""
    person, at = patient.resource, patient.at
    draft.came_from("/client", at)
    _check_alive(person, at, findings)
    code, place = _identity_code(person, at, findings)
    draft.put("/client/identity_code", code, place)
    _write_name(person, at, draft, today)
    _write_birth_date(person, at, draft, findings)
    remarks = write_telecom(person.telecom, at, draft, "/client", today)
    draft.put("/client/language", _language(person), f"{at}.communication")
    _write_place(person, at, draft, findings, today)
    labels = person.meta.security if person.meta else None
    secret = any(_is_turvakielto(label.system, label.code) for label in labels or [])
    draft.put("/client/non_disclosure_order", secret, f"{at}.meta.security")
    return [*remarks, *_extensions(person, at, findings)]


def current(items: Sequence[Item] | None, uses: Sequence[str | None], today: date) -> list[Item]:
    """The items that hold today and are of these uses, the most wanted first."""
    held = [item for item in items or [] if item.use in uses and not _is_over(item, today)]
    return sorted(held, key=lambda item: uses.index(item.use))


def name_of(name: HumanName) -> str | None:
    """The name as one line."""
    parts = [*(name.given or []), name.family]
    return name.text or " ".join(part for part in parts if part) or None


def write_telecom(
    telecom: Sequence[ContactPoint] | None, at: str, draft: Draft, under: str, today: date
) -> list[str]:
    """Writes the best phone and e-mail under a pointer; returns a remark with all others."""
    points = [point for point in current(telecom, PHONE_USES, today) if point.value]
    points.sort(key=lambda point: point.rank or len(points) + 1)
    phone = next((point for point in points if point.system in PHONES), None)
    email = next((point for point in points if point.system == "email"), None)
    for name, point in (("phone", phone), ("email", email)):
        if point is not None:
            place = f"{at}.telecom[{(telecom or []).index(point)}].value"
            draft.put(f"{under}/{name}", (point.value or "").removeprefix("tel:").strip(), place)
    others = [str(point.value) for point in points if point is not phone and point is not email]
    return [OTHER_CONTACTS + ", ".join(others)] if others else []


def _is_over(item: HumanName | ContactPoint | Address, today: date) -> bool:
    end: Any = item.period.end if item.period else None
    return end is not None and as_date(end, today) < today


def as_date(value: Any, unknown: date) -> date:
    """The day of an R4 date or dateTime; `unknown` when only a year or month is given."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else unknown


def _check_alive(person: Patient, at: str, findings: Findings) -> None:
    if person.active is False:
        findings.add(f"{at}.active", "business_rule", "the record of the person is not in use")
    if person.deceasedBoolean or person.deceasedDateTime is not None:
        findings.add(f"{at}.deceased", "business_rule", "the person has died")


def _identity_code(person: Patient, at: str, findings: Findings) -> tuple[str | None, str]:
    codes: dict[str, str] = {}
    for number, identifier in enumerate(person.identifier or []):
        place = f"{at}.identifier[{number}]"
        value = identifier.value
        if identifier.system == systems.IDENTITY_CODE and identifier.use != "old" and value:
            codes.setdefault(value, f"{place}.value")
        elif identifier.system is None and value and MASK in mask(value):
            findings.add(f"{place}.system", "required", "say by its system what this identifies")
        elif identifier.system != systems.IDENTITY_CODE:
            findings.leave_out(place)
    if len(codes) > 1:
        findings.add(f"{at}.identifier", "ambiguous", "one identity code, mark older ones old")
    return next(iter(codes.items()), (None, f"{at}.identifier"))


def _write_name(person: Patient, at: str, draft: Draft, today: date) -> None:
    names = current(person.name, NAME_USES, today)
    if not names:
        return
    name = names[0]
    place = f"{at}.name[{(person.name or []).index(name)}]"
    given = " ".join(part for part in name.given or [] if part) or None
    draft.put("/client/given_name", given, f"{place}.given")
    family = name.family or (None if given else name.text)
    draft.put("/client/family_name", family, f"{place}.{'family' if name.family else 'text'}")


def _write_birth_date(person: Patient, at: str, draft: Draft, findings: Findings) -> None:
    born: Any = person.birthDate
    if born is not None and not isinstance(born, date):
        findings.add(f"{at}.birthDate", "value", "a whole date, or none")
        return
    draft.put("/client/birth_date", born.isoformat() if born else None, f"{at}.birthDate")


def _language(person: Patient) -> str:
    spoken = sorted(person.communication or [], key=lambda known: not known.preferred)
    codes = (code_in(known.language) for known in spoken)
    return next((code for code in codes if code), rules.NO_LANGUAGE)


def code_in(concept: CodeableConcept) -> str | None:
    """The first code of a concept, whatever its system."""
    return next((coding.code for coding in concept.coding or [] if coding.code), None)


def _write_place(person: Patient, at: str, draft: Draft, findings: Findings, today: date) -> None:
    addresses = current(person.address, ADDRESS_USES, today)
    for code, place in _municipalities(person, at, addresses):
        draft.put("/client/municipality", code, place)
        break
    else:
        findings.add(
            f"{at}.address",
            "required",
            "a Finnish municipality: the code in the extension municipality-code, or the code or "
            "name in address.district or address.city",
        )
    for address in addresses:
        where = _one_line(address)
        if where:
            place = f"{at}.address[{(person.address or []).index(address)}]"
            draft.put("/client/whereabouts", where, place)
            return


def _municipalities(
    person: Patient, at: str, addresses: Sequence[Address]
) -> Iterable[tuple[str, str]]:
    """Municipality codes and where they were found, the surest first."""
    yield from _coded(person.extension, at)
    for address in addresses:
        place = f"{at}.address[{(person.address or []).index(address)}]"
        yield from _coded(address.extension, place)
        for element in ("district", "city"):
            told = getattr(address, element)
            code = told if told and county_of(told) else municipality_named(told or "")
            if code:
                yield code, f"{place}.{element}"


def _coded(extensions: Sequence[Extension] | None, at: str) -> Iterable[tuple[str, str]]:
    for number, extension in enumerate(extensions or []):
        coding = extension.valueCoding
        if extension.url != systems.FI_MUNICIPALITY_CODE or coding is None:
            continue
        if coding.code and (coding.system or "").startswith(systems.MUNICIPALITY):
            yield coding.code, f"{at}.extension[{number}].value"


def _one_line(address: Address) -> str | None:
    if address.text:
        return address.text
    lines = [line for line in address.line or [] if line]
    town = " ".join(part for part in (address.postalCode, address.city) if part)
    return ", ".join([*lines, town] if town else lines) if lines else None


def _is_turvakielto(system: str | None, code: str | None) -> bool:
    return system in systems.FI_SECURITY_LABELS and (code or "").lower() == systems.TURVAKIELTO


def _extensions(person: Patient, at: str, findings: Findings) -> list[str]:
    remarks = []
    for number, extension in enumerate(person.extension or []):
        if extension.url == systems.INTERPRETER_REQUIRED:
            remarks += [INTERPRETER] if extension.valueBoolean else []
        elif extension.url != systems.FI_MUNICIPALITY_CODE:
            findings.add(
                f"{at}.extension[{number}]", "extension_unknown", "nothing is done with this"
            )
    return remarks


def is_uuid(text: str | None) -> bool:
    """Whether this is a UUID."""
    try:
        UUID(text or "")
    except ValueError:
        return False
    return True
