"""Referrals written as FHIR, the way a sender's system would write them."""

from typing import Any

from services.referral.fhir import systems

PRIORITIES = {"immediate": "stat", "urgent": "urgent", "routine": "routine"}
PATIENT = "urn:uuid:11111111-1111-4111-8111-111111111111"
REQUEST = "urn:uuid:22222222-2222-4222-8222-222222222222"
SENDER = "urn:uuid:33333333-3333-4333-8333-333333333333"
HOUSING_PARTS = {
    "status": ("status", "valueCode"),
    "since": ("since", "valueDate"),
    "arrears_eur": ("arrears-eur", "valueDecimal"),
    "eviction_stage": ("eviction-stage", "valueCode"),
    "eviction_on": ("eviction-on", "valueDate"),
}


def patient(**client: Any) -> dict[str, Any]:
    """A Patient by the Finnish base profile, of the fields of a referral's client."""
    names = {
        "family": client.get("family_name"),
        "given": [client["given_name"]] if client.get("given_name") else None,
    }
    told: dict[str, Any] = {
        "meta": _secret() if client["non_disclosure_order"] else None,
        "identifier": _identity(client.get("identity_code")),
        "name": [_without_none(names)] if any(names.values()) else None,
        "telecom": _telecom(client),
        "birthDate": client.get("birth_date"),
        "address": [{"text": client["whereabouts"]}] if client.get("whereabouts") else None,
        "communication": [{"language": {"coding": [{"code": client["language"]}]}}],
        "extension": [municipality(client["municipality"])],
    }
    return {"resourceType": "Patient", **_without_none(told)}


def municipality(code: str) -> dict[str, Any]:
    """The Finnish base profile's extension."""
    coding = {"system": "urn:oid:1.2.246.537.6.21", "version": "2003", "code": code}
    return {"url": systems.FI_MUNICIPALITY_CODE, "valueCoding": coding}


def service_request(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A ServiceRequest of a referral's body; its Patient and its sender are elsewhere."""
    told: dict[str, Any] = {
        "identifier": [{"value": body["external_id"]}] if body.get("external_id") else None,
        "status": "active",
        "intent": "order",
        "priority": PRIORITIES[body["urgency"]],
        "subject": {"reference": PATIENT},
        "requester": {"reference": SENDER},
        "performer": _team(body.get("team")),
        "reasonCode": [_concept(systems.REASON, reason) for reason in body["reasons"]],
        "note": [{"text": body["narrative"]}] if body.get("narrative") else None,
        "extension": _extensions(body),
    }
    return {"resourceType": "ServiceRequest", **_without_none(told), **changes}


def transaction(*resources: dict[str, Any], urls: tuple[str, ...] = ()) -> dict[str, Any]:
    """A transaction that creates these resources, under these full addresses."""
    entries = []
    for number, resource in enumerate(resources):
        full_url = urls[number] if number < len(urls) else None
        request = {"method": "POST", "url": resource["resourceType"]}
        entries.append(
            _without_none({"fullUrl": full_url, "resource": resource, "request": request})
        )
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def bundle_of(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A transaction of a referral's body: ServiceRequest, Patient, Practitioner."""
    sender = body["contact_person"]
    practitioner = {
        "resourceType": "Practitioner",
        "name": [{"text": sender["name"]}],
        **_without_none({"telecom": _telecom(sender)}),
    }
    return transaction(
        service_request(body, **changes),
        patient(**body["client"]),
        practitioner,
        urls=(REQUEST, PATIENT, SENDER),
    )


def contained(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A ServiceRequest of a referral's body that contains its Patient."""
    inner = {**patient(**body["client"]), "id": "p"}
    requester = {"display": body["contact_person"]["name"]}
    request = service_request(body, subject={"reference": "#p"}, requester=requester)
    return {**request, "contained": [inner], **changes}


def message(*resources: dict[str, Any], **header: Any) -> dict[str, Any]:
    """A message of these resources, with the header of a referral unless it is changed."""
    first = {
        "resourceType": "MessageHeader",
        "id": "44444444-4444-4444-8444-444444444444",
        "eventCoding": {"system": systems.MESSAGE_EVENT, "code": "referral-request"},
        "source": {"endpoint": "https://ward.example/fhir"},
    } | header
    urls = (None, REQUEST, PATIENT, SENDER)
    entries = [
        _without_none({"fullUrl": url, "resource": resource})
        for url, resource in zip(urls, (first, *resources), strict=False)
    ]
    return {"resourceType": "Bundle", "type": "message", "entry": entries}


def consent(**changes: Any) -> dict[str, Any]:
    """The person's consent to the referral."""
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": _concept(systems.CONSENT_SCOPE, "patient-privacy"),
        "category": [_concept(systems.ACT_CODE, "IDSCL")],
        "patient": {"reference": PATIENT},
        "dateTime": "2026-11-20",
    } | changes


def _secret() -> dict[str, Any]:
    system = "https://hl7.fi/fhir/finnish-base-profiles/CodeSystem/fi-base-security-label-cs"
    return {"security": [{"system": system, "code": "TURVAKIELTO"}]}


def _identity(code: str | None) -> list[dict[str, Any]] | None:
    if code is None:
        return None
    kind = _concept("http://terminology.hl7.org/CodeSystem/v2-0203", "NNFIN")
    return [{"use": "official", "type": kind, "system": "urn:oid:1.2.246.21", "value": code}]


def _telecom(person: dict[str, Any]) -> list[dict[str, Any]] | None:
    points = [
        {"system": system, "value": person[system]}
        for system in ("phone", "email")
        if person.get(system)
    ]
    return points or None


def _team(team: str | None) -> list[dict[str, Any]] | None:
    return [{"identifier": {"system": systems.TEAM, "value": team}}] if team else None


def _extensions(body: dict[str, Any]) -> list[dict[str, Any]]:
    found = [{"url": systems.LAWFUL_BASIS, "valueCode": body["lawful_basis"]}]
    if body.get("no_consent_reason"):
        found.append({"url": systems.NO_CONSENT_REASON, "valueString": body["no_consent_reason"]})
    if body.get("leaves_institution_on"):
        day = body["leaves_institution_on"]
        found.append({"url": systems.LEAVES_INSTITUTION_ON, "valueDate": day})
    if body.get("housing"):
        parts = [
            {"url": url, element: _number_or_text(name, body["housing"][name])}
            for name, (url, element) in HOUSING_PARTS.items()
            if body["housing"].get(name) is not None
        ]
        found.append({"url": systems.HOUSING, "extension": parts})
    return found


def _number_or_text(name: str, value: str) -> float | str:
    return float(value) if name == "arrears_eur" else value


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
