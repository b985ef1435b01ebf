"""Decisions as consents are given and taken back."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.consent.conftest import PRODUCER, Service


async def test_a_decision_follows_the_consent(service: Service) -> None:
    client_ref = str(uuid4())
    nothing: dict[str, Any] = {
        "consent_id": None,
        "obligations": [],
        "valid_until": None,
        "law": None,
    }
    before = (await service.decide(client_ref)).json()
    assert before == {"decision": "deny", "basis": "no_consent"} | nothing
    consent = (await service.give(client_ref=client_ref)).json()
    assert (await service.decide(client_ref)).json() == {
        "decision": "permit",
        "basis": "consent",
        "consent_id": consent["id"],
        "obligations": ["log_disclosure"],
        "valid_until": None,
        "law": None,
    }
    assert (await service.decide(str(uuid4()))).json()["basis"] == "no_consent"
    await service.revoke(consent["id"])
    after = (await service.decide(client_ref)).json()
    assert after == {"decision": "deny", "basis": "consent_revoked"} | nothing


@pytest.mark.parametrize(
    ("changes", "basis"),
    [
        ({}, "consent"),
        ({"requester": {"organisation": "1.2.246.10.2", "sector": "health"}}, "out_of_scope"),
        ({"data_class": "diagnosis"}, "out_of_scope"),
        ({"requester": {"organisation": "1.2.246.10.1", "sector": "partner"}}, "out_of_scope"),
        (
            {
                "direction": "health_to_social",
                "requester": {"organisation": "1.2.246.10.1", "sector": "social"},
            },
            "no_consent",
        ),
    ],
)
async def test_a_targeted_consent_covers_its_targets_alone(
    service: Service, changes: dict[str, Any], basis: str
) -> None:
    targets = [{"organisation": "1.2.246.10.1", "data_classes": ["joint_plan", "summary"]}]
    consent = (await service.give(scope={"targets": targets})).json()
    assert (await service.decide(consent["client_ref"], **changes)).json()["basis"] == basis


async def test_an_expired_consent_says_so_and_one_to_come_is_none_yet(service: Service) -> None:
    now = datetime.now(UTC)
    yesterday, hour_ago = now - timedelta(days=1), now - timedelta(hours=1)
    expired = await service.give(valid_from=yesterday.isoformat(), valid_to=hour_ago.isoformat())
    to_come = await service.give(valid_from=(now + timedelta(days=1)).isoformat())
    bases = [
        (await service.decide(consent.json()["client_ref"])).json()["basis"]
        for consent in (expired, to_come)
    ]
    assert bases == ["consent_expired", "no_consent"]


async def test_a_partner_may_be_told_the_facts_it_was_named_for(service: Service) -> None:
    partner = str(uuid4())
    consent = (
        await service.give(direction="to_partner", partner=partner, facts=["contacted"])
    ).json()
    asked = {
        "direction": "to_partner",
        "requester": {"organisation": partner.upper(), "sector": "partner"},
    }
    client_ref = consent["client_ref"]
    told = (await service.decide(client_ref, **asked, data_class="contacted")).json()
    kept = (await service.decide(client_ref, **asked, data_class="ended")).json()
    assert (told["decision"], told["consent_id"]) == ("permit", consent["id"])
    assert (kept["decision"], kept["basis"]) == ("deny", "out_of_scope")


async def test_each_decision_is_logged_with_its_purpose_and_basis(service: Service) -> None:
    client_ref = str(uuid4())
    requester = {"organisation": "social", "sector": "health", "profession": "psychiatric_nurse"}
    await service.decide(client_ref, purpose="coordination", requester=requester)
    [row] = await service.rows("SELECT * FROM audit")
    assert (row["action"], row["purpose"], row["basis"]) == (
        "decision.made",
        "coordination",
        "no_consent",
    )
    assert (str(row["client_ref"]), row["actor"]) == (client_ref, "worker")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"purpose": "curiosity"}, "/purpose"),
        ({"requester": {"organisation": "x", "sector": "army"}}, "/requester/sector"),
        ({"data_class": ""}, "/data_class"),
        ({"client_ref": "010190-900R"}, "/client_ref"),
        ({"moment": "2020-01-01T00:00:00Z"}, "/moment"),
    ],
)
async def test_a_question_that_is_none_is_refused(
    service: Service, changes: dict[str, Any], pointer: str
) -> None:
    refused = await service.decide(str(uuid4()), **changes)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert "900R" not in refused.text


async def test_a_caller_asks_for_itself_unless_it_keeps_consents(service: Service) -> None:
    consent = (await service.give()).json()
    question = {
        "client_ref": consent["client_ref"],
        "requester": {"organisation": "1.2.246.10.1", "sector": "health"},
        "purpose": "care",
        "data_class": "joint_plan",
        "direction": "social_to_health",
    }

    async def asked(scopes: str, org: str | None) -> tuple[int, str]:
        headers = service.caller(scopes, org=org)
        answer = await service.http.post("/v1/decisions", json=question, headers=headers)
        return answer.status_code, answer.json().get("code", answer.json().get("basis"))

    assert await asked("consents:read", "1.2.246.10.1") == (200, "consent")
    assert await asked("consents:read", "1.2.246.10.2") == (403, "not_the_requester")
    assert await asked("consents:read", None) == (403, "not_the_requester")
    assert await asked("consents:read consents:write", "1.2.246.10.2") == (200, "consent")
    made = await service.rows("SELECT * FROM audit WHERE action = 'decision.made'")
    assert len(made) == 2, "a question that was not answered decides nothing"


async def test_a_client_that_nobody_knows_is_answered_like_one_who_consented_to_nothing(
    service: Service,
) -> None:
    known = (await service.give(direction="health_to_social")).json()["client_ref"]
    answers = [(await service.decide(ref)).json() for ref in (known, str(uuid4()))]
    assert answers[0] == answers[1]


async def test_a_right_of_the_law_goes_before_a_denial_and_says_which(service: Service) -> None:
    client_ref = str(uuid4())
    await service.deny(client_ref=client_ref)
    asked = {
        "direction": "health_to_social",
        "requester": {"organisation": "1.2.246.10.1", "sector": "social"},
        "statutory_right": "child_protection",
    }
    told = (await service.decide(client_ref, **asked)).json()
    assert (told["decision"], told["basis"]) == ("permit", "child_protection")
    assert told["law"] == "Child Welfare Act (417/2007), section 25"
    assert told["obligations"] == ["log_disclosure", "record_grounds", "necessary_only"]
    misused = await service.decide(client_ref, statutory_right="child_protection")
    assert misused.json()["basis"] == "denied", "the notification goes to social welfare alone"
    [first, _] = await service.rows("SELECT basis FROM audit WHERE action = 'decision.made'")
    assert first["basis"] == "child_protection"


async def test_a_purchased_producer_inside_the_register_needs_no_consent(service: Service) -> None:
    requester = {"organisation": PRODUCER, "sector": "social"}
    own = await service.decide(str(uuid4()), requester=requester)
    assert (own.json()["decision"], own.json()["basis"]) == ("permit", "same_register")
    other = {"direction": "health_to_social", "requester": requester}
    assert (await service.decide(str(uuid4()), **other)).json()["basis"] == "no_consent"
