"""FHIR to a referral: what goes over unchanged, what is understood, what is refused and where."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from fhir.resources.R4B.task import Task
from hypothesis import given, settings
from hypothesis import strategies as st

from services.referral.fhir import commands, rules, systems
from services.referral.fhir.commands import Posted
from services.referral.fhir.orders import order_of_bundle, order_of_request
from services.referral.fhir.parsing import CLASSES
from services.referral.fhir.reasons import reason_of
from services.referral.intake.schemas import ReferralBody
from shared.contracts.codes import (
    EvictionStage,
    HousingStatus,
    LawfulBasis,
    Reason,
    ReferralStatus,
    Urgency,
)
from shared.problems import CATALOGUE, Problem
from shared.web import outcomes
from tests.support import fhir
from tests.support.bodies import IDENTITY_CODES, referral_body
from tests.support.deeper import examples

TODAY = date(2026, 11, 22)


def read(resource: Mapping[str, Any]) -> Posted:
    """The referral that a resource is read as."""
    is_bundle = resource["resourceType"] == "Bundle"
    take_apart = order_of_bundle if is_bundle else order_of_request
    content = json.dumps(resource).encode()
    return commands.read(content, take_apart, allow_test_codes=True, today=TODAY)


def body_of(resource: Mapping[str, Any]) -> ReferralBody:
    """The body that a resource is read as."""
    return read(resource).body


def refusals(resource: Mapping[str, Any]) -> tuple[int, set[tuple[str, str]]]:
    """The status and the issues, as FHIRPath and code, that a resource is refused with."""
    with pytest.raises(Problem) as refused:
        read(resource)
    problem = refused.value
    return problem.kind.status, {(error.pointer, error.code) for error in problem.errors}


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=30
)
DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31)).map(str)
PHONES = st.from_regex(r"\+358 [0-9]{2} [0-9]{6,7}", fullmatch=True)
EMAILS = st.from_regex(r"[a-z]{1,9}@[a-z]{1,9}\.fi", fullmatch=True)
MAYBE_WORDS = st.none() | WORDS
CONTACTS = {"phone": st.none() | PHONES, "email": st.none() | EMAILS}
CLIENTS = st.fixed_dictionaries(
    {
        "identity_code": st.none() | st.sampled_from(IDENTITY_CODES),
        "given_name": MAYBE_WORDS,
        "family_name": WORDS,
        "language": st.sampled_from(["fi", "sv", "en", "se", "ar", "zh-Hans"]),
        "municipality": st.sampled_from(["398", "091", "020", "478"]),
        "whereabouts": MAYBE_WORDS,
        "non_disclosure_order": st.booleans(),
        **CONTACTS,
    }
)
HOUSING = st.fixed_dictionaries(
    {
        "status": st.sampled_from([str(status) for status in HousingStatus]),
        "since": st.none() | DAYS,
        "arrears_eur": st.none() | st.decimals(0, 99999, places=2).map(str),
        "eviction_stage": st.none() | st.sampled_from([str(stage) for stage in EvictionStage]),
        "eviction_on": st.none() | DAYS,
    }
)
BODIES = st.fixed_dictionaries(
    {
        "external_id": st.none() | st.from_regex(r"[A-Z]{1,5}-[0-9]{1,3}", fullmatch=True),
        "urgency": st.sampled_from([str(urgency) for urgency in Urgency]),
        "lawful_basis": st.sampled_from([str(basis) for basis in LawfulBasis]),
        "no_consent_reason": WORDS,
        "client": CLIENTS,
        "housing": st.none() | HOUSING,
        "reasons": st.lists(
            st.sampled_from([str(reason) for reason in Reason]), min_size=1, unique=True
        ),
        "narrative": MAYBE_WORDS,
        "leaves_institution_on": st.none() | DAYS,
        "contact_person": st.fixed_dictionaries({"name": WORDS, **CONTACTS}),
        "team": st.none() | st.uuids().map(str),
    }
)


@settings(max_examples=examples(60), deadline=None)
@given(BODIES)
def test_a_referral_written_as_a_bundle_is_read_as_it_was(body: dict[str, Any]) -> None:
    assert body_of(fhir.bundle_of(body)) == ReferralBody.model_validate(body)


@settings(max_examples=examples(30), deadline=None)
@given(BODIES)
def test_a_referral_written_as_a_message_is_read_as_it_was(body: dict[str, Any]) -> None:
    entries = fhir.bundle_of(body)["entry"]
    sent = fhir.message(*(entry["resource"] for entry in entries))
    assert body_of(sent) == ReferralBody.model_validate(body)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@settings(max_examples=examples(250), deadline=None)
@given(st.data())
def test_whatever_is_changed_a_bundle_is_read_or_refused(data: st.DataObject) -> None:
    sent = fhir.bundle_of(full_body())
    places = list(places_in(sent))
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(places))
        if data.draw(st.booleans()):
            holder[key] = data.draw(JSON_VALUES)
        elif isinstance(holder, dict):
            holder.pop(key, None)
    content = json.dumps(sent).encode()
    status = 200
    try:
        commands.read(content, order_of_bundle, allow_test_codes=True, today=TODAY)
    except Problem as problem:
        status = problem.kind.status
    assert status in (200, 400, 422)


def places_in(value: Any) -> Any:
    """Every holder and key in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        yield value, key
        if isinstance(inner, dict | list):
            yield from places_in(inner)


def full_body(**changes: Any) -> dict[str, Any]:
    """A referral that fills every field."""
    client = {
        "identity_code": IDENTITY_CODES[0],
        "birth_date": "1990-01-01",
        "email": "eero@example.fi",
        "whereabouts": "Asema, aamuisin",
        "non_disclosure_order": True,
    }
    return referral_body(
        external_id="A-1",
        lawful_basis="duty_to_notify",
        no_consent_reason="Ei tavoitettu",
        client=client,
        housing={"status": "at_risk", "arrears_eur": "1200.50", "eviction_stage": "court"},
        reasons=["release", "debt"],
        narrative="Vapautuu ilman asuntoa.",
        leaves_institution_on="2026-12-01",
        team=str(uuid4()),
        **changes,
    )


def test_a_full_referral_goes_over_field_by_field() -> None:
    body = full_body()
    posted = read(fhir.bundle_of(body))
    assert posted.body == ReferralBody.model_validate(body)
    assert posted.left_out == ()


@pytest.mark.parametrize(
    ("priority", "urgency"),
    [("stat", "immediate"), ("asap", "immediate"), ("urgent", "urgent"), ("routine", "routine")],
)
def test_priority_is_urgency(priority: str, urgency: str) -> None:
    assert body_of(fhir.contained(referral_body(), priority=priority)).urgency == urgency


def test_no_priority_is_routine_as_r4_says() -> None:
    request = fhir.contained(referral_body(urgency="urgent"))
    del request["priority"]
    assert body_of(request).urgency == "routine"


def client_of(**changes: Any) -> Any:
    """The client that a Patient with changed elements is read as."""
    request = fhir.contained(referral_body())
    request["contained"][0] |= changes
    return body_of(request).client


SECURITY = "https://hl7.fi/fhir/finnish-base-profiles/CodeSystem/"


@pytest.mark.parametrize(
    ("label", "secret"),
    [
        ({"system": f"{SECURITY}fi-base-security-label-cs", "code": "TURVAKIELTO"}, True),
        ({"system": f"{SECURITY}fi-base-security-label-cs", "code": "turvakielto"}, True),
        ({"system": f"{SECURITY}SecurityLabelCS", "code": "TURVAKIELTO"}, True),
        ({"system": "http://example.fi/labels", "code": "TURVAKIELTO"}, False),
    ],
)
def test_turvakielto_is_the_security_label_of_the_finnish_base_profile(
    label: dict[str, str], secret: bool
) -> None:
    assert client_of(meta={"security": [label]}).non_disclosure_order is secret


def fi_extension(system: str, code: str) -> list[dict[str, Any]]:
    """The municipality extension with a coding of this system."""
    return [
        {"url": systems.FI_MUNICIPALITY_CODE, "valueCoding": {"system": system, "code": code}},
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"extension": fi_extension("urn:oid:1.2.246.537.6.21", "020")}, "020"),
        ({"extension": fi_extension("urn:oid:1.2.246.537.6.21.2003", "020")}, "020"),
        ({"extension": [], "address": [{"district": "179"}]}, "179"),
        ({"extension": [], "address": [{"city": "JYVÄSKYLÄ"}]}, "179"),
        ({"extension": [], "address": [{"city": "Lahtis"}]}, "398"),
        ({"extension": [], "address": [{"city": "Vaajakoski"}, {"city": "Jyväskylä"}]}, "179"),
        ({"extension": [], "address": [{"city": "Lahti", "use": "old"}, {"city": "Akaa"}]}, "020"),
        (
            {"extension": [], "address": [{"extension": fi_extension(systems.MUNICIPALITY, "020"),
                                           "city": "Lahti"}]},
            "020",
        ),
    ],
)  # fmt: skip
def test_the_municipality_is_found_where_finnish_systems_put_it(
    changes: dict[str, Any], code: str
) -> None:
    assert client_of(**changes).municipality == code


def test_the_current_official_name_is_taken() -> None:
    names = [
        {"use": "nickname", "given": ["Ekku"]},
        {"use": "maiden", "family": "Ennen"},
        {"use": "official", "family": "Vanha", "period": {"end": "2020-07-22"}},
        {"use": "official", "family": "Uusi", "given": ["Eero", "Ilmari"]},
    ]
    client = client_of(name=names)
    assert (client.given_name, client.family_name) == ("Eero Ilmari", "Uusi")


def test_a_name_in_one_line_is_kept_as_it_is() -> None:
    assert client_of(name=[{"text": "Eero Esimerkki"}]).family_name == "Eero Esimerkki"


def test_the_best_phone_is_taken_and_no_other_is_lost() -> None:
    telecom = [
        {"system": "phone", "value": "03 555 1234", "use": "home"},
        {"system": "phone", "value": "040 000 0000", "use": "old"},
        {"system": "sms", "value": "tel:+358401234567", "use": "mobile"},
        {"system": "email", "value": "eero@example.fi", "rank": 2},
        {"system": "email", "value": "paras@example.fi", "rank": 1},
        {"system": "url", "value": "https://example.fi/eero"},
    ]
    request = fhir.contained(referral_body(narrative="Huoli."))
    request["contained"][0]["telecom"] = telecom
    body = body_of(request)
    assert (body.client.phone, body.client.email) == ("+358401234567", "paras@example.fi")
    assert body.narrative is not None
    assert body.narrative.startswith("Huoli.\n\n")
    others = ("03 555 1234", "eero@example.fi", "https://example.fi/eero")
    assert all(other in body.narrative for other in others)
    assert "040 000 0000" not in body.narrative


def test_an_address_says_where_the_person_can_be_met() -> None:
    lines = {"line": ["Testikatu 1", "C/O Ystävä"], "postalCode": "15110", "city": "Lahti"}
    assert client_of(address=[lines]).whereabouts == "Testikatu 1, C/O Ystävä, 15110 Lahti"
    night = {"use": "temp", "text": "Yömaja"}
    assert client_of(address=[{**lines, "use": "home"}, night]).whereabouts == "Yömaja"


def test_the_preferred_language_wins_and_none_is_guessed() -> None:
    spoken = [
        {"language": {"coding": [{"code": "fi"}]}},
        {"language": {"coding": [{"code": "so"}]}, "preferred": True},
    ]
    assert client_of(communication=spoken).language == "so"
    assert client_of(communication=[]).language == "und"


def test_an_interpreter_is_asked_for_in_the_narrative() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
    request = fhir.contained(referral_body())
    request["contained"][0]["extension"].append({"url": url, "valueBoolean": True})
    assert body_of(request).narrative == "Tulkki tarvitaan."


@pytest.mark.parametrize(
    ("system", "code", "reason"),
    [
        (systems.REASON, "rent_arrears", Reason.RENT_ARREARS),
        (systems.REASON, "bored", None),
        (systems.SNOMED, "32911000", Reason.HOMELESSNESS),
        (systems.SNOMED, "1156191002", Reason.HOUSING_LOSS_RISK),
        (systems.SNOMED, "22298006", None),
        (systems.GRAVITY, "homelessness", Reason.HOMELESSNESS),
        (systems.GRAVITY, "food-insecurity", None),
        ("http://hl7.org/fhir/sid/icd-10-cm", "Z59.02", Reason.HOMELESSNESS),
        ("http://hl7.org/fhir/sid/icd-10-cm", "Z59.811", Reason.HOUSING_LOSS_RISK),
        ("http://hl7.org/fhir/sid/icd-10-cm", "Z59.4", None),
        ("http://hl7.org/fhir/sid/icd-10", "F10.2", Reason.SUBSTANCE_USE),
        ("urn:oid:1.2.246.537.6.1", "z65.2", Reason.RELEASE),
        ("urn:oid:1.2.246.537.6.1", "", None),
        (None, "homelessness", None),
        ("http://example.fi/codes", "homelessness", None),
    ],
)
def test_codes_of_others_mean_our_reasons(
    system: str | None, code: str, reason: Reason | None
) -> None:
    assert reason_of(system, code) is reason


def concept(system: str, code: str) -> dict[str, Any]:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code}]}


def test_reasons_come_from_codes_conditions_and_categories() -> None:
    condition = {
        "resourceType": "Condition",
        "id": "c",
        "code": concept("http://hl7.org/fhir/sid/icd-10-cm", "Z59.0"),
        "subject": {"reference": "#p"},
        "note": [{"text": "Toista viikkoa."}],
    }
    request = fhir.contained(referral_body(), category=[concept(systems.GRAVITY, "elder-abuse")])
    request["contained"].append(condition)
    request["reasonReference"] = [{"reference": "#c"}]
    request["reasonCode"] = [concept(systems.SNOMED, "422650009"), {"text": "Pelkää kotona"}]
    body = body_of(request)
    assert body.reasons == ["isolation", "other", "homelessness", "violence"]
    assert body.narrative == "Toista viikkoa.\n\nPelkää kotona"


def test_a_diagnosis_that_is_no_reason_is_not_kept_beside_one_that_is() -> None:
    request = fhir.contained(referral_body())
    request["reasonCode"].append(concept(systems.SNOMED, "22298006"))
    posted = read(request)
    assert posted.body.reasons == ["homelessness"]
    assert posted.left_out == ("ServiceRequest.reasonCode[1]",)


def test_the_day_of_release_is_the_time_of_the_service() -> None:
    body = referral_body(reasons=["release"])
    assert str(
        body_of(
            fhir.contained(body, occurrencePeriod={"start": "2026-12-01"})
        ).leaves_institution_on
    ) == "2026-12-01"  # fmt: skip
    wished = body_of(fhir.contained(referral_body(), occurrenceDateTime="2026-12"))
    assert wished.leaves_institution_on is None
    assert wished.narrative == "Toivottu ajankohta: 2026-12"


def with_consent(consent: dict[str, Any]) -> dict[str, Any]:
    """A transaction whose basis is a Consent."""
    sent = fhir.bundle_of(referral_body())
    sent["entry"][0]["resource"]["extension"] = []
    entry = {"resource": consent, "request": {"method": "POST", "url": "Consent"}}
    sent["entry"].append(entry)
    return sent


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"policyRule": concept(systems.ACT_CODE, "OPTIN")},
        {"provision": {"type": "permit", "period": {"start": "2026", "end": "2027-01-01"}}},
        {"sourceAttachment": {"contentType": "application/pdf", "data": "JVBERi0xLjUK" * 4000}},
    ],
)
def test_a_consent_sent_along_is_the_basis(changes: dict[str, Any]) -> None:
    assert body_of(with_consent(fhir.consent(**changes))).lawful_basis == "consent"


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"status": "rejected"}, "status", "business_rule"),
        ({"scope": concept(systems.CONSENT_SCOPE, "research")}, "scope", "code_unknown"),
        ({"policyRule": concept(systems.ACT_CODE, "OPTOUT")}, "policyRule", "business_rule"),
        ({"provision": {"type": "deny"}}, "provision.type", "business_rule"),
        ({"provision": {"period": {"start": "1964-01-01", "end": "2016-01-01"}}},
         "provision.period", "business_rule"),
        ({"provision": {"class": [{"code": "x"}]}}, "provision.class", "not_supported"),
        ({"patient": {"reference": "Patient/other"}}, "patient", "reference_unresolved"),
    ],
)  # fmt: skip
def test_a_consent_that_is_not_whole_or_not_in_force_is_no_basis(
    changes: dict[str, Any], path: str, code: str
) -> None:
    assert refusals(with_consent(fhir.consent(**changes))) == (
        422,
        {(f"Bundle.entry[3].resource.{path}", code)},
    )


def test_a_stated_basis_must_not_contradict_the_consent_sent_along() -> None:
    sent = with_consent(fhir.consent())
    stated = {"url": systems.LAWFUL_BASIS, "valueCode": "private_notifier"}
    sent["entry"][0]["resource"]["extension"] = [stated]
    where = "Bundle.entry[0].resource.extension[0]"
    assert refusals(sent) == (422, {(where, "business_rule")})


def test_who_asks_for_themselves_refers_themselves() -> None:
    request = fhir.contained(referral_body(), requester={"reference": "#p"}, extension=[])
    body = body_of(request)
    assert body.lawful_basis == "self"
    assert (body.contact_person.name, body.contact_person.phone) == (
        "Testi Henkilö",
        "+358 40 123 4567",
    )


def test_the_contact_person_is_found_behind_a_role() -> None:
    role = {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": "Practitioner/7"},
        "telecom": [{"system": "phone", "value": "+358 3 555 1234"}],
    }
    person = {
        "resourceType": "Practitioner",
        "id": "7",
        "name": [{"given": ["Siiri"], "family": "Sihteeri"}],
    }
    sent = fhir.bundle_of(referral_body())
    sent["entry"][2]["resource"] = role
    sent["entry"][2]["request"]["url"] = "PractitionerRole"
    sent["entry"].append({"resource": person, "request": {"method": "POST", "url": "Practitioner"}})
    found = body_of(sent).contact_person
    assert (found.name, found.phone) == ("Siiri Sihteeri", "+358 3 555 1234")


def test_a_task_may_ask_for_the_request_to_be_fulfilled() -> None:
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": "stat",
        "code": concept(systems.TASK_CODE, "fulfill"),
        "focus": {"reference": fhir.REQUEST},
        "for": {"reference": fhir.PATIENT},
        "description": "Soittakaa ennen käyntiä.",
    }
    sent = fhir.bundle_of(referral_body())
    del sent["entry"][0]["resource"]["priority"]
    sent["entry"].append({"resource": task, "request": {"method": "POST", "url": "Task"}})
    body = body_of(sent)
    assert (body.urgency, body.narrative) == ("immediate", "Soittakaa ennen käyntiä.")
    task["focus"] = {"reference": "ServiceRequest/another"}
    where = "Bundle.entry[3].resource.focus"
    assert refusals(sent) == (422, {(where, "reference_unresolved")})


def test_what_is_taken_and_not_kept_is_told() -> None:
    request = fhir.contained(referral_body(), authoredOn="2026-11-22", id="x", text={"div": "…"})
    photo = {"contentType": "image/png", "data": "A" * 100_000}
    hospital = {"system": "http://hospital.example/mrn", "value": "1032702"}
    request["contained"][0] |= {"photo": [photo], "identifier": [hospital], "gender": "male"}
    assert set(read(request).left_out) == {
        "ServiceRequest.authoredOn",
        "ServiceRequest.contained[0].photo",
        "ServiceRequest.contained[0].identifier[0]",
    }


R = "ServiceRequest"
P = "ServiceRequest.contained[0]"


@pytest.mark.parametrize(
    ("changes", "status", "where", "code"),
    [
        ({"foo": 1}, 400, f"{R}.foo", "unknown_element"),
        ({"131052-308T": 1}, 400, f"{R}.***", "unknown_element"),
        ({"status": "activ"}, 400, f"{R}.status", "code_invalid"),
        ({"status": None}, 400, f"{R}.status", "missing"),
        ({"subject": {"display": None}}, 400, f"{R}.subject.display", "structure"),
        ({"status": "draft"}, 422, f"{R}.status", "business_rule"),
        ({"intent": "proposal"}, 422, f"{R}.intent", "business_rule"),
        ({"priority": "soon"}, 400, f"{R}.priority", "code_invalid"),
        ({"subject": None}, 400, f"{R}.subject", "missing"),
        ({"subject": {"reference": 7}}, 400, f"{R}.subject.reference", "structure"),
        ({"note": "x"}, 400, f"{R}.note", "structure"),
        ({"note": [{"text": "x" * 4001}]}, 422, f"{R}.note[0].text", "string_too_long"),
        ({"note": [{"text": "x" * 30_000}]}, 422, R, "too_long"),
        ({"reasonCode": [{"text": "x"}] * 600}, 400, R, "too_costly"),
        ({"implicitRules": "http://example.fi"}, 422, f"{R}.implicitRules", "modifier_unknown"),
        ({"modifierExtension": []}, 422, f"{R}.modifierExtension", "modifier_unknown"),
        ({"doNotPerform": True}, 422, f"{R}.doNotPerform", "business_rule"),
        ({"orderDetail": [{"text": "x"}]}, 422, f"{R}.orderDetail", "not_supported"),
        ({"code": {"text": "Chest CT"}}, 422, f"{R}.code", "code_unknown"),
        ({"code": concept("http://loinc.org", "24627-2")}, 422, f"{R}.code", "code_unknown"),
        ({"subject": {"reference": "Patient/1"}}, 422, f"{R}.subject", "reference_unresolved"),
        ({"reasonCode": []}, 422, f"{R}.reasonCode", "required"),
        ({"reasonCode": [concept(systems.SNOMED, "1")]}, 422, f"{R}.reasonCode[0]",
         "code_unknown"),
        ({"reasonReference": [{"reference": "Observation/1"}]}, 422, f"{R}.reasonReference[0]",
         "reference_unresolved"),
        ({"supportingInfo": [{"reference": "Observation/1"}]}, 422, f"{R}.supportingInfo[0]",
         "not_supported"),
        ({"requester": None}, 422, f"{R}.requester", "required"),
        ({"extension": []}, 422, f"{R}.extension", "required"),
        ({"extension": [{"url": systems.LAWFUL_BASIS, "valueCode": "whim"}]}, 422,
         f"{R}.extension[0].value", "enum"),
        ({"extension": [{"url": systems.LAWFUL_BASIS, "valueCode": "duty_to_notify"}]}, 422,
         R, "no_consent_reason_missing"),
        ({"extension": [{"url": systems.LAWFUL_BASIS, "valueCode": "consent"},
                        {"url": "http://example.fi/x", "valueString": "y"}]}, 422,
         f"{R}.extension[1]", "extension_unknown"),
        ({"extension": [{"url": systems.LAWFUL_BASIS, "valueCode": "consent"},
                        {"url": systems.HOUSING,
                         "extension": [{"url": "status", "valueCode": "castle"}]}]}, 422,
         f"{R}.extension[1].extension[0].value", "enum"),
        ({"identifier": [{"value": "131052-308T"}]}, 422, f"{R}.identifier[0].value",
         "identifying_value"),
        ({"identifier": [{"value": "1"}, {"value": "2"}]}, 422, f"{R}.identifier", "ambiguous"),
        ({"performer": [{"identifier": {"system": systems.TEAM, "value": "x"}}]}, 422,
         f"{R}.performer[0].identifier.value", "value"),
        ({"occurrenceDateTime": "2126-01-01", "reasonCode": [concept(systems.REASON, "release")]},
         422, f"{R}.occurrence", "leaves_institution_on_impossible"),
    ],
)  # fmt: skip
def test_a_request_is_refused_where_it_is_wrong(
    changes: dict[str, Any], status: int, where: str, code: str
) -> None:
    request = fhir.contained(referral_body(), **changes)
    sent = {name: value for name, value in request.items() if value is not None}
    assert refusals(sent) == (status, {(where, code)})


@pytest.mark.parametrize(
    ("changes", "status", "where", "code"),
    [
        ({"gender": "man"}, 400, f"{P}.gender", "code_invalid"),
        ({"telecom": [{"system": "tel", "value": "1"}]}, 400, f"{P}.telecom[0].system",
         "code_invalid"),
        ({"name": [{"use": "stage", "family": "X"}]}, 400, f"{P}.name[0].use", "code_invalid"),
        ({"birthDate": "1990-02-31"}, 400, f"{P}.birthDate", "structure"),
        ({"birthDate": "1990-02"}, 422, f"{P}.birthDate", "value"),
        ({"birthDate": "2050-01-01"}, 422, f"{P}.birthDate", "birth_date_impossible"),
        ({"active": False}, 422, f"{P}.active", "business_rule"),
        ({"deceasedDateTime": "2026-01-01"}, 422, f"{P}.deceased", "business_rule"),
        ({"link": []}, 422, f"{P}.link", "not_supported"),
        ({"contact": [{"name": {"text": "Äiti"}}]}, 422, f"{P}.contact", "not_supported"),
        ({"identifier": [{"system": "urn:oid:1.2.246.21", "value": "131052-308U"}]}, 422,
         f"{P}.identifier[0].value", "identity_code_invalid"),
        ({"identifier": [{"value": "131052-308T"}]}, 422, f"{P}.identifier[0].system", "required"),
        ({"identifier": [{"system": "urn:oid:1.2.246.21", "value": code}
                         for code in IDENTITY_CODES[:2]]}, 422, f"{P}.identifier", "ambiguous"),
        ({"telecom": [{"system": "phone", "value": "call me"}]}, 422, f"{P}.telecom[0].value",
         "string_pattern_mismatch"),
        ({"extension": []}, 422, f"{P}.address", "required"),
        ({"extension": fi_extension(systems.MUNICIPALITY, "999")}, 422, f"{P}.extension[0].value",
         "municipality_unknown"),
        ({"extension": [fhir.municipality("398"), {"url": "http://example.us/race"}]}, 422,
         f"{P}.extension[1]", "extension_unknown"),
        ({"name": [], "telecom": []}, 422, P, "client_unfindable"),
    ],
)  # fmt: skip
def test_a_person_is_refused_where_it_is_wrong(
    changes: dict[str, Any], status: int, where: str, code: str
) -> None:
    request = fhir.contained(referral_body())
    request["contained"][0] |= changes
    assert refusals(request) == (status, {(where, code)})


def changed_bundle(change: Any) -> dict[str, Any]:
    """A transaction, changed."""
    sent = fhir.bundle_of(referral_body())
    change(sent)
    return sent


@pytest.mark.parametrize(
    ("change", "status", "where", "code"),
    [
        (lambda b: b.update(type="batch"), 422, "Bundle.type", "business_rule"),
        (lambda b: b.update(type="parcel"), 400, "Bundle.type", "code_invalid"),
        (lambda b: b.pop("type"), 400, "Bundle.type", "missing"),
        (lambda b: b.update(entry={}), 400, "Bundle.entry", "structure"),
        (lambda b: b.update(entry=[]), 422, "Bundle.entry", "required"),
        (lambda b: b.update(entry=b["entry"] * 20), 400, "Bundle.entry", "too_costly"),
        (lambda b: b["entry"].append(b["entry"][0]), 400, "Bundle.entry[3].resource", "duplicate"),
        (lambda b: b["entry"][1].pop("resource"), 400, "Bundle.entry[1].resource", "missing"),
        (lambda b: b["entry"][1].update(resource=7), 400, "Bundle.entry[1].resource", "missing"),
        (lambda b: b["entry"][1].pop("request"), 400, "Bundle.entry[1].request", "missing"),
        (lambda b: b["entry"][1]["request"].update(method="PUT"), 422,
         "Bundle.entry[1].request.method", "business_rule"),
        (lambda b: b["entry"][1]["request"].update(method="TAKE"), 400,
         "Bundle.entry[1].request.method", "code_invalid"),
        (lambda b: b["entry"][1]["request"].update(url="Patient/1"), 422,
         "Bundle.entry[1].request.url", "business_rule"),
        (lambda b: b["entry"][1]["request"].update(ifNoneExist="identifier=1"), 422,
         "Bundle.entry[1].request.ifNoneExist", "not_supported"),
        (lambda b: b["entry"][2]["resource"].update(resourceType="Device"), 422,
         "Bundle.entry[2].resource", "not_supported"),
    ],
)  # fmt: skip
def test_a_bundle_is_refused_where_it_is_wrong(
    change: Any, status: int, where: str, code: str
) -> None:
    found_status, found = refusals(changed_bundle(change))
    assert (found_status, (where, code) in found) == (status, True), found


def test_a_resource_that_nothing_refers_to_is_not_taken_silently() -> None:
    sent = fhir.bundle_of(referral_body())
    extra = {"resourceType": "Organization", "name": "Muu"}
    sent["entry"].append({"resource": extra, "request": {"method": "POST", "url": "Organization"}})
    assert refusals(sent) == (422, {("Bundle.entry[3].resource", "not_supported")})


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"eventCoding": {"system": systems.MESSAGE_EVENT, "code": "cancel"}}, "code_unknown"),
        ({"response": {"identifier": "x", "code": "ok"}}, "business_rule"),
    ],
)
def test_a_message_that_is_no_referral_is_refused(header: dict[str, Any], code: str) -> None:
    entries = fhir.bundle_of(referral_body())["entry"]
    sent = fhir.message(*(entry["resource"] for entry in entries), **header)
    status, found = refusals(sent)
    assert (status, {code for _, code in found}) == (422, {code})


def test_a_message_begins_with_its_header() -> None:
    sent = fhir.bundle_of(referral_body()) | {"type": "message"}
    assert refusals(sent) == (400, {("Bundle.entry[0].resource", "missing")})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"\xff\xfe", "malformed_json"),
        (b'{"a": NaN}', "malformed_json"),
        (b"1" * 5000, "malformed_json"),
        (b"[]", "invalid_resource"),
        (b'{"resourceType": "Patient"}', "invalid_resource"),
        (b'{"a": [' + b"{}," * 300_000 + b"{}]}", "invalid_resource"),
    ],
)
def test_what_is_no_resource_is_refused_before_it_costs(content: bytes, code: str) -> None:
    with pytest.raises(Problem) as refused:
        commands.read(content, order_of_request, allow_test_codes=True, today=TODAY)
    assert refused.value.kind.code == code


def test_a_property_that_is_named_twice_is_refused() -> None:
    content = json.dumps(fhir.contained(referral_body())).replace(
        '"status": "active"', '"status": "draft", "status": "active"'
    )
    with pytest.raises(Problem) as refused:
        commands.read(content.encode(), order_of_request, allow_test_codes=True, today=TODAY)
    assert refused.value.kind.code == "invalid_resource"


def test_the_tables_name_elements_of_r4_once() -> None:
    for name, kind in CLASSES.items():
        elements = {field.alias or own for own, field in kind.model_fields.items()}
        mapped, left_out = rules.MAPPED[name], rules.LEFT_OUT[name]
        assert mapped | left_out <= elements, name
        assert not mapped & left_out, name


def test_the_bound_codes_are_those_the_library_knows_of() -> None:
    for (name, element), codes in rules.BINDINGS.items():
        if name in CLASSES and (name, element) != ("Task", "status"):
            told = CLASSES[name].model_fields[element].json_schema_extra
            assert isinstance(told, dict)
            assert set(told["enum_values"]) == codes, (name, element)  # type: ignore[arg-type]
    assert set(rules.ACCEPTED) <= set(rules.BINDINGS)


@pytest.mark.parametrize("status", ReferralStatus)
def test_every_status_is_one_of_task_and_of_request(status: ReferralStatus) -> None:
    assert status in rules.TASK_STATUS
    assert rules.REQUEST_STATUS_OF[status] in rules.REQUEST_STATUS
    assert Task.model_validate({"status": status.value, "intent": "order"}).status == status


ISSUE_TYPES = {
    "invalid", "structure", "required", "value", "invariant", "security", "login", "unknown",
    "expired", "forbidden", "suppressed", "processing", "not-supported", "duplicate",
    "multiple-matches", "not-found", "deleted", "too-long", "code-invalid", "extension",
    "too-costly", "business-rule", "conflict", "transient", "lock-error", "no-store", "exception",
    "timeout", "incomplete", "throttled", "informational",
}  # fmt: skip


def test_issues_are_of_hl7s_types() -> None:
    told = {*outcomes.ISSUE_OF_KIND.values(), *outcomes.ISSUE_OF_FIELD.values()}
    assert told <= ISSUE_TYPES
    assert set(outcomes.ISSUE_OF_KIND) <= set(CATALOGUE)
