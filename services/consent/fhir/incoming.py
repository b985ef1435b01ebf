"""An R4 Consent as the body of a consent or a denial; what REST's rules find wrong is told in the
sender's own terms."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services.consent.consents.rules import Giver
from services.consent.consents.schemas import GENERAL, ConsentBody
from services.consent.denials.schemas import DenialBody
from services.consent.fhir import systems
from services.consent.fhir.parsing import refuse
from shared.calendar import FINLAND, midnight_after
from shared.contracts.codes import ConsentDirection
from shared.problems import VALIDATION_FAILED, FieldError, Problem
from shared.web.errors import field_errors

Body = TypeVar("Body", bound=BaseModel)
Raw = Mapping[str, Any]
ROOT = "Consent.provision"
PLACES = {
    "/client_ref": "Consent.patient.identifier.value",
    "/direction": "Consent.category",
    "/partner": f"{ROOT}.provision.actor",
    "/facts": f"{ROOT}.provision.class",
    "/scope": f"{ROOT}.provision",
    "/organisations": f"{ROOT}.actor",
    "/data_classes": f"{ROOT}.class",
    "/valid_from": f"{ROOT}.period.start",
    "/valid_to": f"{ROOT}.period.end",
    "/given_by": "Consent.performer",
    "/form": "Consent.extension",
    "/recorded_by": "Consent.extension",
}
"""Where in the resource each field of a body came from."""
DAY = 10
"""Characters of a whole day; shorter is a month or a year, which no period of ours has."""


def read(raw: Raw) -> ConsentBody | DenialBody:
    """The body. Raises `validation_failed` with FHIRPaths."""
    if raw["status"] != "active":
        raise refuse("Consent.status", "business_rule", "taking back is POST …/revoke or …/lift")
    _check_scope(raw["scope"])
    policy = _code(raw.get("policyRule", {}), systems.ACT_CODE)
    if policy == systems.OPT_IN:
        return _made(ConsentBody, {**_common(raw), **_consent(raw)})
    if policy == systems.OPT_OUT:
        return _made(DenialBody, {**_common(raw), **_denial(raw)})
    raise refuse("Consent.policyRule", "required", "OPTIN for a consent, OPTOUT for a denial")


def in_fhir(problem: Problem) -> Problem:
    """A problem of the common rules with FHIRPaths in place of JSON Pointers."""
    errors = [
        FieldError(_place(error.pointer), error.code, error.detail) for error in problem.errors
    ]
    return Problem(problem.kind, problem.detail, errors=errors, headers=problem.headers)


def _made(kind: type[Body], fields: dict[str, Any]) -> Body:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        found = field_errors(error.errors(include_input=False, include_url=False))
        raise in_fhir(Problem(VALIDATION_FAILED, errors=found)) from None


def _place(pointer: str) -> str:
    return PLACES.get("/" + pointer.strip("/").partition("/")[0], "Consent")


def _check_scope(scope: Raw) -> None:
    if _code(scope, systems.CONSENT_SCOPE) != "patient-privacy":
        raise refuse("Consent.scope", "not_supported", "consents of scope patient-privacy alone")


def _common(raw: Raw) -> dict[str, Any]:
    extensions = _extensions(raw)
    found: dict[str, Any] = {
        "client_ref": _identifier(raw.get("patient", {}), systems.CLIENT_REF),
        "given_by": _giver(raw.get("performer", [])),
        "form": extensions.get(systems.FORM, {}).get("valueCode"),
        "recorded_by": extensions.get(systems.RECORDED_BY, {})
        .get("valueIdentifier", {})
        .get("value"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _extensions(raw: Raw) -> dict[str, Raw]:
    found: dict[str, Raw] = {}
    for number, extension in enumerate(raw.get("extension", [])):
        url = extension["url"]
        if url not in (systems.FORM, systems.RECORDED_BY) or url in found:
            raise refuse(f"Consent.extension[{number}]", "extension_unknown", "or it comes twice")
        found[url] = extension
    return found


def _giver(performers: Sequence[Raw]) -> Giver | None:
    if len(performers) != 1:
        return None
    types = {"Patient": Giver.CLIENT, "RelatedPerson": Giver.LEGAL_REPRESENTATIVE}
    return types.get(str(performers[0].get("type")))


def _consent(raw: Raw) -> dict[str, Any]:
    provision = raw["provision"]
    direction = _direction(raw)
    period = _period(provision)
    if provision["type"] == "permit":
        _refuse_any(provision, ("provision", "actor", "class"), "what is permitted is in a deny")
        return {"direction": direction, "scope": GENERAL, **period}
    _refuse_any(provision, ("actor", "class"), "a consent permits; a denial is OPTOUT")
    targets = list(_targets(provision))
    if direction != ConsentDirection.TO_PARTNER:
        return {"direction": direction, "scope": {"targets": targets}, **period}
    if len(targets) != 1:
        raise refuse(f"{ROOT}.provision", "business_rule", "one partner in a consent")
    partner = {"partner": targets[0]["organisation"], "facts": targets[0]["data_classes"]}
    return {"direction": direction, "scope": GENERAL, **partner, **period}


def _targets(provision: Raw) -> Iterator[dict[str, Any]]:
    period = _period(provision)
    for number, nested in enumerate(provision.get("provision", [])):
        at = f"{ROOT}.provision[{number}]"
        if nested["type"] != "permit":
            raise refuse(f"{at}.type", "business_rule", "a consent permits inside its deny")
        if nested.get("period") and _period(nested) != period:
            raise refuse(f"{at}.period", "business_rule", "the same as that of the whole")
        if not nested.get("actor") or not nested.get("class"):
            raise refuse(at, "required", "to whom (actor) and what (class)")
        for actor in nested["actor"]:
            yield {"organisation": _receiver(actor, at), "data_classes": _classes(nested, at)}


def _denial(raw: Raw) -> dict[str, Any]:
    provision = raw["provision"]
    if provision["type"] != "deny":
        raise refuse(f"{ROOT}.type", "business_rule", "a denial denies; a consent is OPTIN")
    _refuse_any(provision, ("provision", "period"), "a denial holds from now until it is lifted")
    direction = _direction(raw)
    receivers = [_receiver(actor, ROOT) for actor in provision.get("actor", [])]
    found: dict[str, Any] = {"direction": direction}
    if provision.get("class"):
        found["data_classes"] = _classes(provision, ROOT)
    to_partner = direction == ConsentDirection.TO_PARTNER
    if to_partner and len(receivers) == 1 and _is_partner(provision["actor"][0]):
        return found | {"partner": receivers[0]}
    return found | ({"organisations": receivers} if receivers else {})


def _direction(raw: Raw) -> str | None:
    codes = [_code(category, systems.DIRECTION) for category in raw.get("category", [])]
    if len(codes) != 1 or codes[0] is None:
        raise refuse("Consent.category", "required", "one direction, in our code system")
    return None if codes[0] == systems.EVERY_DIRECTION else codes[0]


def _receiver(actor: Raw, at: str) -> str:
    known = (systems.PARTNER, systems.ORGANISATION, systems.URI)
    for system in known:
        value = _identifier(actor["reference"], system)
        if value is None:
            continue
        if system != systems.URI:
            return value
        if value.startswith(systems.OID):
            return value.removeprefix(systems.OID)
    raise refuse(f"{at}.actor", "reference_unresolved", "name the receiver by an identifier")


def _is_partner(actor: Raw) -> bool:
    return _identifier(actor["reference"], systems.PARTNER) is not None


def _classes(provision: Raw, at: str) -> list[str]:
    codings = provision["class"]
    if any(coding.get("system") != systems.DATA_CLASS for coding in codings):
        raise refuse(f"{at}.class", "code_unknown", "classes of data are of our code system")
    return [str(coding.get("code", "")) for coding in codings]


def _identifier(reference: Raw, system: str) -> str | None:
    identifier = reference.get("identifier", {})
    return identifier.get("value") if identifier.get("system") == system else None


def _code(concept: Raw, system: str) -> str | None:
    codings = concept.get("coding", [])
    return next((coding.get("code") for coding in codings if coding.get("system") == system), None)


def _refuse_any(provision: Raw, elements: Sequence[str], why: str) -> None:
    for element in elements:
        if provision.get(element):
            raise refuse(f"{ROOT}.{element}", "business_rule", why)


def _period(provision: Raw) -> dict[str, Any]:
    period = provision.get("period", {})
    found: dict[str, Any] = {}
    if "start" in period:
        found["valid_from"] = _begins(str(period["start"]))
    if "end" in period:
        found["valid_to"] = _ends(str(period["end"]))
    return found


def _begins(text: str) -> str | datetime:
    day = _day(text)
    return datetime.combine(day, time(), FINLAND) if day else text


def _ends(text: str) -> str | datetime:
    """R4 Period: a day at the end is in the period as a whole."""
    day = _day(text)
    return midnight_after(day) if day else text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == DAY else None
    except ValueError:
        return None
