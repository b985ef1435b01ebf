"""Consents and denials as R4 Consent: out and in again they say the same, and nothing unknown is
taken for known."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consent.consents.rules import Form, Giver, Status
from services.consent.consents.schemas import ConsentBody, ConsentView, Target, TargetedScope
from services.consent.denials.rules import Status as DenialStatus
from services.consent.denials.schemas import DenialBody, DenialView
from services.consent.fhir import incoming, outgoing, parsing, schemas, systems
from shared.contracts.codes import ConsentDirection, PartnerFact
from shared.problems import Problem

D = ConsentDirection
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ORGANISATIONS = st.sampled_from(["1.2.246.10.1", "1.2.246.10.99901019.10.1", "health", "team-7"])
CLASSES = st.sampled_from(["joint_plan", "summary", "consent_form", "X.1-a"])
TARGETS = st.builds(
    Target, organisation=ORGANISATIONS, data_classes=st.lists(CLASSES, min_size=1, max_size=3)
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
COMMON: dict[str, Any] = {
    "id": st.uuids(),
    "client_ref": st.uuids(),
    "given_by": st.sampled_from(Giver),
    "form": st.sampled_from(Form),
    "recorded_by": st.uuids(),
    "recorded_at": MOMENTS,
}
PERIODS: dict[str, Any] = {"valid_from": MOMENTS, "valid_to": st.none() | MOMENTS}
SCOPES = st.just("general") | st.builds(
    TargetedScope, targets=st.lists(TARGETS, min_size=1, max_size=4)
)
BETWEEN = st.builds(
    ConsentView,
    **COMMON,
    **PERIODS,
    direction=st.sampled_from([D.SOCIAL_TO_HEALTH, D.HEALTH_TO_SOCIAL]),
    partner=st.none(),
    facts=st.just([]),
    scope=SCOPES,
    status=st.just(Status.GIVEN),
    revoked_at=st.none(),
)
TO_PARTNER = st.builds(
    ConsentView,
    **COMMON,
    **PERIODS,
    direction=st.just(D.TO_PARTNER),
    partner=st.uuids(),
    facts=st.lists(st.sampled_from(PartnerFact), min_size=1, unique=True),
    scope=st.just("general"),
    status=st.just(Status.GIVEN),
    revoked_at=st.none(),
)
NARROWED: dict[str, Any] = {
    "data_classes": st.none() | st.lists(CLASSES, min_size=1, max_size=3),
    "status": st.just(DenialStatus.IN_FORCE),
    "lifted_at": st.none(),
}
DENIALS = st.builds(
    DenialView,
    **COMMON,
    **NARROWED,
    direction=st.sampled_from([None, *D]),
    partner=st.none(),
    organisations=st.none() | st.lists(ORGANISATIONS, min_size=1, max_size=3),
) | st.builds(
    DenialView,
    **COMMON,
    **NARROWED,
    direction=st.just(D.TO_PARTNER),
    partner=st.uuids(),
    organisations=st.none(),
)


def sent(resource: dict[str, Any]) -> ConsentBody | DenialBody:
    """What a system that reads the resource and sends it back is understood to say."""
    return incoming.read(parsing.parse(outgoing.as_json(resource).encode()))


@given(BETWEEN | TO_PARTNER)
def test_a_consent_goes_out_and_comes_back_the_same(view: ConsentView) -> None:
    body = sent(outgoing.of_consent(view, 1))
    assert isinstance(body, ConsentBody)
    for field in ("client_ref", "direction", "partner", "facts", "valid_from", "valid_to"):
        assert getattr(body, field) == getattr(view, field), field
    for field in ("given_by", "form", "recorded_by"):
        assert getattr(body, field) == getattr(view, field), field
    assert (body.scope or "general") == view.scope


@given(DENIALS)
def test_a_denial_goes_out_and_comes_back_the_same(view: DenialView) -> None:
    resource = outgoing.of_denial(view, 1)
    assert resource["provision"]["type"] == "deny"
    body = sent(resource)
    assert isinstance(body, DenialBody)
    expected = view.model_dump(include=set(DenialBody.model_fields))
    assert body.model_dump() == expected


@given(BETWEEN)
def test_what_was_taken_back_is_inactive_and_cannot_be_sent_as_given(view: ConsentView) -> None:
    resource = outgoing.of_consent(view.model_copy(update={"status": Status.REVOKED}), 2)
    assert resource["status"] == "inactive"
    with pytest.raises(Problem) as refused:
        sent(resource)
    assert refused.value.kind.status == 422


def test_a_targeted_consent_denies_all_but_what_it_permits_in_its_period() -> None:
    view = ConsentView(
        id=uuid4(),
        client_ref=uuid4(),
        direction=D.SOCIAL_TO_HEALTH,
        partner=None,
        facts=[],
        scope=TargetedScope(targets=[Target(organisation="1.2.246.10.1", data_classes=["a"])]),
        valid_from=NOW,
        valid_to=NOW + timedelta(days=1),
        given_by=Giver.CLIENT,
        form=Form.DIGITAL,
        recorded_by=uuid4(),
        recorded_at=NOW,
        status=Status.GIVEN,
        revoked_at=None,
    )
    period = {"start": "2026-03-02T12:00:00Z", "end": "2026-03-03T12:00:00Z"}
    provision = outgoing.of_consent(view, 1)["provision"]
    [nested] = provision.pop("provision")
    assert provision == {"type": "deny", "period": period}
    assert (nested["type"], nested["period"]) == ("permit", period)
    identifier = nested["actor"][0]["reference"]["identifier"]
    assert identifier == {"system": systems.URI, "value": "urn:oid:1.2.246.10.1"}
    assert nested["class"] == [{"system": systems.DATA_CLASS, "code": "a"}]


def test_a_day_in_a_period_is_the_whole_finnish_day() -> None:
    example = json.loads(json.dumps(schemas.EXAMPLE))
    example["provision"]["period"] = {"start": "2026-03-02", "end": "2026-03-03"}
    body = incoming.read(parsing.parse(json.dumps(example).encode()))
    assert isinstance(body, ConsentBody)
    assert body.valid_from == datetime(2026, 3, 1, 22, tzinfo=UTC)
    assert body.valid_to == datetime(2026, 3, 3, 22, tzinfo=UTC)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The example with one element changed; None takes it away."""
    resource: dict[str, Any] = json.loads(json.dumps(schemas.EXAMPLE))
    *parents, last = [int(name) if name.isdigit() else name for name in path.split(".")]
    place: Any = resource
    for name in parents:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return resource


NESTED, FIRST = "provision.provision.0", "Consent.provision.provision[0]"


@pytest.mark.parametrize(
    ("path", "value", "status", "at"),
    [
        ("resourceType", "Patient", 400, "Consent"),
        ("hasty", True, 400, "Consent.hasty"),
        ("status", "given", 400, "Consent.status"),
        ("status", "draft", 422, "Consent.status"),
        ("status", 7, 400, "Consent.status"),
        ("modifierExtension", [{"url": "x"}], 422, "Consent.modifierExtension"),
        ("verification", [{"verified": True}], 422, "Consent.verification"),
        ("scope", {"text": "research"}, 422, "Consent.scope"),
        ("category", [{"text": "sosiaalista terveyteen"}], 422, "Consent.category"),
        ("policyRule", None, 422, "Consent.policyRule"),
        ("patient", None, 422, "Consent.patient.identifier.value"),
        ("performer", None, 422, "Consent.performer"),
        ("provision", None, 422, "Consent.provision"),
        ("provision.type", "permit", 422, "Consent.provision.provision"),
        ("provision.type", "maybe", 400, "Consent.provision.type"),
        ("provision.purpose", [{"code": "TREAT"}], 422, "Consent.provision.purpose"),
        (f"{NESTED}.type", "deny", 422, f"{FIRST}.type"),
        (f"{NESTED}.period", {"end": "2030-01-01"}, 422, f"{FIRST}.period"),
        (f"{NESTED}.class", None, 422, FIRST),
        (f"{NESTED}.dataPeriod", {"end": "2030"}, 422, f"{FIRST}.dataPeriod"),
        (f"{NESTED}.provision", [{"type": "deny"}], 422, f"{FIRST}.provision"),
        (f"{NESTED}.actor.0.reference", {"display": "HUS"}, 422, f"{FIRST}.actor"),
        (f"{NESTED}.class.0", {"code": "x"}, 422, f"{FIRST}.class"),
        ("extension.0.url", "urn:other", 422, "Consent.extension[0]"),
        ("extension.0.valueCode", "shouted", 422, "Consent.extension"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_where_it_stands(
    path: str, value: Any, status: int, at: str
) -> None:
    with pytest.raises(Problem) as refused:
        incoming.read(parsing.parse(json.dumps(changed(path, value)).encode()))
    assert (refused.value.kind.status, refused.value.errors[0].pointer) == (status, at)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"resourceType": NaN}', b"\xff"])
def test_what_is_no_resource_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(Problem) as refused:
        parsing.parse(body)
    assert refused.value.kind.status == 400


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["type", "coding", "system", "code", "x"]), inner)
        ),
        max_leaves=8,
    ),
    st.sampled_from([*schemas.EXAMPLE, "provision.type", "provision.provision", NESTED]),
)
def test_whatever_stands_in_an_element_is_taken_or_refused(value: Any, path: str) -> None:
    with suppress(Problem):
        incoming.read(parsing.parse(json.dumps(changed(path, value)).encode()))
