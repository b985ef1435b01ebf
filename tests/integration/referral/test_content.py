"""What a sender told: read by the team, and erased where the client refused consent."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.referral.content.erasing import erase_due
from shared.calendar import FINLAND
from shared.contracts import consent
from shared.db import Database
from tests.integration.referral.conftest import Service
from tests.integration.referral.test_following import deliver
from tests.support.bodies import new_key, referral_body

NARRATIVE = "Nukkuu portaikossa, vuokra maksamatta."
NOTIFIED = {"lawful_basis": "duty_to_notify", "no_consent_reason": "Huoli"}
HOUSING = {"status": "at_risk", "eviction_stage": "court", "arrears_eur": "1200.50"}
REFUSED = datetime.now(UTC) + timedelta(hours=1)
DUE = REFUSED.astimezone(FINLAND).date() + timedelta(days=30)


async def refer(service: Service, **changes: Any) -> str:
    body = referral_body(**({"narrative": NARRATIVE, "housing": HOUSING} | changes))
    answer = await service.post("prison", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def content(service: Service, referral_id: str, **headers: str) -> Any:
    worker = service.mint.headers("clients:read", client_id="worker", worker=str(uuid4()))
    asked = worker | {"Purpose-Of-Use": "care"} | headers
    return await service.http.get(f"/v1/referrals/{referral_id}/content", headers=asked)


async def client_of(service: Service, referral_id: str) -> UUID:
    [row] = await service.rows("SELECT client_ref FROM referrals WHERE id = $1", UUID(referral_id))
    return UUID(str(row["client_ref"]))


def refused(client_ref: UUID, at: datetime = REFUSED) -> consent.ConsentRefused:
    return consent.ConsentRefused(
        aggregate_id=uuid4(), version=1, occurred_at=at, client_ref=client_ref, refused_at=at
    )


def given(client_ref: UUID, at: datetime) -> consent.ConsentGiven:
    return consent.ConsentGiven(
        aggregate_id=uuid4(),
        version=1,
        occurred_at=at,
        client_ref=client_ref,
        direction="social_to_health",
        valid_from=at,
    )


async def erase(service: Service, today: date = DUE) -> int:
    database = Database(service.settings)
    try:
        days = service.settings.refused_kept_days
        return await erase_due(service.settings.cipher(), days, database, today)
    finally:
        await database.close()


async def test_the_team_reads_what_was_told_and_the_look_is_logged(service: Service) -> None:
    sent = await refer(service)
    read = (await content(service, sent)).json()
    assert (read["narrative"], read["housing"]["arrears_eur"]) == (NARRATIVE, "1200.50")
    assert (read["client"]["given_name"], read["contact_person"]["name"]) == (
        "Testi",
        "Sihteeri Siiri",
    )
    assert read["beyond_basis"] is None
    [row] = await service.rows("SELECT * FROM audit WHERE action = 'referral_content.read'")
    assert (row["subject_id"], row["purpose"], row["basis"]) == (UUID(sent), "care", "consent")


async def test_who_may_not_read_it_gets_nothing(service: Service) -> None:
    sent = await refer(service)
    url = f"/v1/referrals/{sent}/content"
    by_sender = await service.http.get(
        url, headers=service.sender("prison") | {"Purpose-Of-Use": "care"}
    )
    assert (by_sender.status_code, by_sender.json()["code"]) == (403, "insufficient_scope")
    unsaid = await content(service, sent, **{"Purpose-Of-Use": "curiosity"})
    assert (unsaid.status_code, unsaid.json()["code"]) == (400, "purpose_of_use_missing")
    unknown = await content(service, str(uuid4()))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert not await service.rows("SELECT 1 FROM audit WHERE action = 'referral_content.read'")


async def test_after_a_refusal_what_goes_beyond_the_basis_is_erased_when_due(
    service: Service,
) -> None:
    sent = await refer(service, **NOTIFIED)
    headers = service.sender("prison")
    tag = (await service.http.get(f"/v1/referrals/{sent}", headers=headers)).headers["etag"]
    amended = await service.http.post(
        f"/v1/referrals/{sent}/amendments",
        json={"narrative": "Muutti autoon."},
        headers=headers | {"If-Match": tag} | new_key(),
    )
    assert amended.status_code == 200, amended.text
    await deliver(service, refused(await client_of(service, sent)))
    shown = (await content(service, sent)).json()
    assert shown["narrative"] == "Muutti autoon."
    assert (shown["beyond_basis"]["due_on"], shown["beyond_basis"]["erased_at"]) == (
        (REFUSED.astimezone(FINLAND).date() + timedelta(days=30)).isoformat(),
        None,
    )
    assert await erase(service, DUE - timedelta(days=1)) == 0
    assert await erase(service) == 1
    assert await erase(service) == 0
    left = (await content(service, sent)).json()
    assert (left["narrative"], left["housing"]["arrears_eur"]) == (None, None)
    assert left["housing"]["eviction_stage"] == "court"
    assert (left["client"]["given_name"], left["no_consent_reason"]) == ("Testi", "Huoli")
    assert left["beyond_basis"]["erased_at"] is not None
    [change] = await service.rows("SELECT id, content_sealed FROM referral_changes")
    cipher = service.settings.cipher()
    told = cipher.decrypt_json(change["content_sealed"], f"referral_changes/{change['id']}")
    assert told == {"before": {}, "after": {}}
    logged = await service.rows("SELECT * FROM audit WHERE action = 'referral_content.erase'")
    assert [(row["purpose"], row["basis"]) for row in logged] == [("refusal", "duty_to_notify")]


async def test_what_is_told_again_after_the_erasure_is_erased_too(service: Service) -> None:
    sent = await refer(service, **NOTIFIED)
    await deliver(service, refused(await client_of(service, sent)))
    assert await erase(service) == 1
    headers = service.sender("prison")
    tag = (await service.http.get(f"/v1/referrals/{sent}", headers=headers)).headers["etag"]
    again = {"narrative": NARRATIVE}
    asked = headers | {"If-Match": tag} | new_key()
    await service.http.post(f"/v1/referrals/{sent}/amendments", json=again, headers=asked)
    assert (await content(service, sent)).json()["narrative"] == NARRATIVE
    assert await erase(service) == 1
    assert (await content(service, sent)).json()["narrative"] is None


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("consent, then refused", False),
        ("refused, then consent", True),
        ("consent, then an older refusal", True),
    ],
)
async def test_the_clients_last_answer_counts(service: Service, told: str, kept: bool) -> None:
    sent = await refer(service, **NOTIFIED)
    client_ref = await client_of(service, sent)
    yes, later = given(client_ref, REFUSED), REFUSED + timedelta(hours=1)
    answers = {
        "consent, then refused": [yes, refused(client_ref, later)],
        "refused, then consent": [refused(client_ref), given(client_ref, later)],
        "consent, then an older refusal": [
            yes,
            refused(client_ref, REFUSED - timedelta(minutes=1)),
        ],
    }
    await deliver(service, *answers[told])
    assert await erase(service) == (0 if kept else 1)
    assert ((await content(service, sent)).json()["narrative"] == NARRATIVE) is kept


async def test_what_rests_on_the_clients_own_word_or_came_later_stays(service: Service) -> None:
    agreed = await refer(service)
    await deliver(service, refused(await client_of(service, agreed)))
    later = await refer(service, **NOTIFIED)
    past = datetime.now(UTC) - timedelta(hours=1)
    await deliver(service, refused(await client_of(service, later), past))
    assert await erase(service) == 0
    for sent in (agreed, later):
        assert (await content(service, sent)).json()["narrative"] == NARRATIVE
