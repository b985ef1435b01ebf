"""A partner sees more, or less, of a referral on which nobody works: its endpoint is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from services.referral.following import beginning
from shared.clock import utc_now
from tests.integration.referral.test_persons import act
from tests.integration.referral.webhooks.house import House, Progress, until
from tests.support.bodies import IDENTITY_CODES

LANDLORD, PRISON = "landlord", "prison"
CODED = {"client": {"identity_code": IDENTITY_CODES[0]}}
NOTIFIED = {"lawful_basis": "duty_to_notify", "no_consent_reason": "Huoli"}


def soon() -> datetime:
    return utc_now() + timedelta(seconds=0.5)


@asynccontextmanager
async def watching(house: House) -> AsyncIterator[None]:
    """The part of the event process that looks for consents which begin runs for a while."""
    settings = house.settings.model_copy(update={"consent_poll_seconds": 0.02})
    task = asyncio.create_task(beginning.sweeper(settings)(house.database))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def queued(house: House) -> int:
    return await house.service.count("webhook_deliveries")


async def contacted(house: House, kind: str, **changes: Any) -> Progress:
    """A referral whose person was reached."""
    referral = await house.refer(kind, **changes)
    await referral.accept()
    await referral.reach()
    return referral


async def test_when_a_consent_begins_its_partner_is_told_what_it_then_sees(house: House) -> None:
    await house.listen(LANDLORD)
    referral = await contacted(house, LANDLORD)
    await referral.consent("contacted", begins=soon())
    async with watching(house), house.sending():
        await asyncio.sleep(0.1)
        assert (await queued(house), await referral.seen()) == (0, ("requested", None))
        (message,) = await house.receiver.wait_for(1)
        assert message.status == ("requested", "contacted") == await referral.seen()
        await asyncio.sleep(0.1)
    assert (await queued(house), len(house.receiver.messages)) == (1, 1)


async def test_a_consent_that_begins_and_shows_nothing_new_is_not_told(house: House) -> None:
    await house.listen(LANDLORD)
    known, waiting = await contacted(house, LANDLORD), await house.refer(LANDLORD)
    await known.consent("contacted")
    for referral in (known, waiting):
        await referral.consent("contacted", begins=soon())
    before = await queued(house)
    async with watching(house):
        await until(lambda: _all_begun(house))
    assert await queued(house) == before == 1


async def test_a_consent_taken_back_before_it_begins_is_never_told(house: House) -> None:
    await house.listen(LANDLORD)
    referral = await contacted(house, LANDLORD)
    consent_id = await referral.consent("contacted", begins=soon())
    async with watching(house):
        await referral.revoke(consent_id)
        await asyncio.sleep(0.7)
    assert await queued(house) == 0


async def _all_begun(house: House) -> bool:
    return not await house.service.rows("SELECT 1 FROM partner_consents WHERE NOT begun")


async def test_two_watchers_tell_of_a_beginning_once(house: House) -> None:
    await house.listen(LANDLORD)
    referral = await contacted(house, LANDLORD)
    await referral.consent("contacted", begins=soon())
    async with watching(house), watching(house):
        await until(lambda: _all_begun(house))
    assert await queued(house) == 1


async def consenting(house: House) -> tuple[Progress, Progress]:
    """A person who consented that the landlord be told, and one who may be the same."""
    consented = await house.refer(LANDLORD, **CODED)
    await consented.consent("contacted")
    return consented, await contacted(house, LANDLORD)


async def test_linking_two_persons_tells_what_is_seen_by_the_consent_of_one(house: House) -> None:
    await house.listen(LANDLORD)
    consented, other = await consenting(house)
    assert await queued(house) == 0
    linked = await act(house.service, str(other.client_ref), "link", to=str(consented.client_ref))
    assert linked.status_code == 200, linked.text
    async with house.sending():
        (message,) = await house.receiver.wait_for(1)
    assert message.body["data"]["id"] == str(other.referral_id)
    assert message.status == ("requested", "contacted") == await other.seen()
    assert await queued(house) == 1


async def test_linking_by_identity_code_and_merging_tell_it_too(house: House) -> None:
    await house.listen(LANDLORD)
    consented, other = await consenting(house)
    third = await contacted(house, LANDLORD)
    by_code = await act(
        house.service, str(other.client_ref), "link", identity_code=IDENTITY_CODES[0]
    )
    merged = await act(
        house.service, str(third.client_ref), "merge", into=str(consented.client_ref)
    )
    assert (by_code.status_code, merged.status_code) == (200, 200), merged.text
    async with house.sending():
        messages = await house.receiver.wait_for(2)
    told = [message.body["data"]["id"] for message in messages]
    assert sorted(told) == sorted([str(other.referral_id), str(third.referral_id)])
    assert await queued(house) == 2


async def test_unlinking_tells_an_authority_that_it_sees_less_and_a_landlord_nothing(
    house: House,
) -> None:
    await house.listen(LANDLORD)
    consented, other = await consenting(house)
    notified = await contacted(house, PRISON, **NOTIFIED)
    of_prison = await house.refer(PRISON, **CODED, **NOTIFIED)
    await of_prison.consent("contacted")
    for one in (other, notified):
        await act(house.service, str(one.client_ref), "link", to=str(consented.client_ref))
    await house.listen(PRISON)
    before = await queued(house)
    for one in (other, notified):
        body = {"from": str(one.client_ref)}
        done = await act(house.service, str(consented.client_ref), "unlink", **body)
        assert done.status_code == 200, done.text
    assert await queued(house) == before + 1
    rows = await house.service.rows(
        "SELECT referral_id FROM webhook_deliveries ORDER BY seq DESC LIMIT 1"
    )
    assert rows[0]["referral_id"] == notified.referral_id
    assert await notified.seen() == ("accepted", None)


async def test_a_sender_that_tells_the_identity_code_is_told_what_it_then_sees(
    house: House,
) -> None:
    await house.listen(LANDLORD)
    _, other = await consenting(house)
    path = f"/v1/referrals/{other.referral_id}"
    headers = house.service.sender(LANDLORD)
    etag = (await house.service.http.get(path, headers=headers)).headers["etag"]
    client = {
        "identity_code": IDENTITY_CODES[0],
        "given_name": "Testi",
        "family_name": "Henkilö",
        "phone": "+358 40 123 4567",
        "language": "fi",
        "municipality": "398",
        "non_disclosure_order": False,
    }
    amended = await house.service.http.post(
        f"{path}/amendments", json={"client": client}, headers=headers | {"If-Match": etag}
    )
    assert amended.status_code == 200, amended.text
    async with house.sending():
        (message,) = await house.receiver.wait_for(1)
    assert message.status == ("requested", "contacted") == await other.seen()
