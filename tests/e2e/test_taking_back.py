"""A sender amends its referral and takes it back; the team, the report and the sender follow."""

from typing import Any

import pytest

from tests.e2e.test_pipeline import case_of, wait_for_status
from tests.support.bodies import referral_body
from tests.support.house import House, eventually

pytestmark = pytest.mark.kafka_too


async def change(house: House, referral_id: str, what: str, body: Any) -> None:
    """Changes the prison's referral as it reads it now."""
    path = f"/v1/referrals/{referral_id}"
    etag = (await house.get("prison", "referral", path)).headers["etag"]
    answer = await house.post("prison", "referral", f"{path}/{what}", body, If_Match=etag)
    assert answer.status_code == 200, answer.text


async def cancelled_of_prisons(house: House) -> int:
    """How many referrals of prisons were taken back, as the report tells."""
    period = {"from": "2020-01-01", "to": "2099-12-31"}
    answer = await house.get("admin", "analytics", "/v1/reports/referral-sources", **period)
    rows = answer.json()["data"]["rows"]
    return sum(int(row["cancelled"] or 0) for row in rows if row["source_kind"] == "prison")


async def test_what_a_sender_changes_and_takes_back_reaches_everybody(house: House) -> None:
    before = await cancelled_of_prisons(house)
    referral_id = await house.refer("prison", referral_body(urgency="routine"))
    case = await case_of(house, referral_id)
    await wait_for_status(house, "prison", referral_id, "accepted")
    path = f"/v1/referrals/{referral_id}"
    due = (await house.get("prison", "referral", path)).json()["contact_due_at"]
    await change(house, referral_id, "amendments", {"urgency": "immediate"})

    async def is_due_earlier() -> bool:
        told = (await house.get("prison", "referral", path)).json()["contact_due_at"]
        return bool(told < due)

    await eventually(is_due_earlier)
    await change(house, referral_id, "cancel", {"reason": "helped_elsewhere"})

    async def is_closed() -> bool:
        answer = await house.get("admin", "caseload", f"/v1/cases/{case['id']}")
        return bool(answer.json()["closing_reason"] == "referral_cancelled")

    await eventually(is_closed)
    await wait_for_status(house, "prison", referral_id, "cancelled")

    async def is_counted() -> bool:
        return await cancelled_of_prisons(house) == before + 1

    await eventually(is_counted)
