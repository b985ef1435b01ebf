"""Whoever came without consent is asked what they consent to; the work goes on meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contracts.codes import LawfulBasis
from tests.integration.caseload.conftest import Service, referral
from tests.integration.caseload.test_returns import give_consent


async def questions(service: Service, case: dict[str, Any]) -> list[str]:
    answer = await service.http.get(f"/v1/cases/{case['id']}", headers=service.admin())
    return [question["code"] for question in answer.json()["open_questions"]]


@pytest.mark.parametrize("basis", LawfulBasis)
async def test_a_case_without_consent_shows_the_question_until_it_is_answered(
    service: Service, basis: LawfulBasis
) -> None:
    await service.worker(await service.team())
    data = await service.take(referral(lawful_basis=basis, received_at=datetime.now(UTC)))
    case = await service.case_of(data)
    expected = [] if basis == LawfulBasis.CONSENT else ["consent_to_be_asked"]
    assert case["status"] == "assigned"
    assert await questions(service, case) == expected
    await give_consent(service, data.client_ref)
    assert await questions(service, case) == []


async def test_an_answer_of_before_the_referral_that_comes_late_is_none(service: Service) -> None:
    """As when its message was set aside, and is replayed after the client came anew."""
    await service.worker(await service.team())
    received = datetime.now(UTC)
    data = await service.take(referral(lawful_basis="duty_to_notify", received_at=received))
    await give_consent(service, data.client_ref, at=received - timedelta(days=30))
    assert await questions(service, await service.case_of(data)) == ["consent_to_be_asked"]
    await give_consent(service, data.client_ref, at=received + timedelta(seconds=1))
    assert await questions(service, await service.case_of(data)) == []


async def test_what_is_answered_in_line_is_not_asked_in_the_case(service: Service) -> None:
    data = await service.take(
        referral(lawful_basis="duty_to_notify", received_at=datetime.now(UTC))
    )
    waiting = await service.rows("SELECT consent_to_ask FROM case_lives")
    assert [row["consent_to_ask"] for row in waiting] == [True]
    await give_consent(service, data.client_ref)
    waiting = await service.rows("SELECT consent_to_ask FROM case_lives")
    assert [row["consent_to_ask"] for row in waiting] == [False]
