"""A client says no at the first contact: the question is answered, nothing is shared, and what was
told beyond the basis is due for erasure."""

from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.test_pipeline import case_of
from tests.support.bodies import referral_body
from tests.support.house import House, eventually

pytestmark = pytest.mark.kafka_too

WORKER = "worker"


async def test_a_refusal_at_the_first_contact_reaches_every_service(house: House) -> None:
    body = referral_body(
        lawful_basis="duty_to_notify",
        no_consent_reason="Ei tavoiteta",
        narrative="Nukkuu portaikossa.",
        client={"given_name": "Kieltäytyvä"},
    )
    sent = await house.refer("prison", body)
    case = await case_of(house, sent)
    assert [one["code"] for one in case["open_questions"]] == ["consent_to_be_asked"]
    refusal = {
        "client_ref": case["client_ref"],
        "given_by": "client",
        "form": "oral_recorded",
        "recorded_by": house.stack.clients[WORKER]["worker"],
    }
    said = await house.post(WORKER, "consent", "/v1/refusals", refusal)
    assert said.status_code == 201, said.text

    async def due() -> Any:
        read = await house.http.get(
            f"{house.stack.urls['referral']}/v1/referrals/{sent}/content",
            headers=house.headers(WORKER) | {"Purpose-Of-Use": "care"},
        )
        return read.json()["beyond_basis"]

    assert (await eventually(due))["erased_at"] is None

    async def answered() -> bool:
        seen = await house.get("admin", "caseload", f"/v1/cases/{case['id']}")
        return seen.json()["open_questions"] == []

    assert await eventually(answered)
    asked = {
        "client_ref": case["client_ref"],
        "requester": {"organisation": str(uuid4()), "sector": "health"},
        "purpose": "care",
        "data_class": "joint_plan",
        "direction": "social_to_health",
    }
    decided = await house.post(WORKER, "consent", "/v1/decisions", asked)
    assert (decided.json()["decision"], decided.json()["basis"]) == ("deny", "no_consent")
