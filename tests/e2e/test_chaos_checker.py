"""The checker of `make chaos` on a running house: it is content with what is whole, and finds a
place that was deleted and one that was doubled."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.chaos.judging import Sent, Verdict, judge
from tests.chaos.observing import database, observe
from tests.support.bodies import referral_body
from tests.support.house import House, eventually

NOBODY_COVERS = "074"
DELETE = "DELETE FROM waitlist WHERE id = $1 RETURNING to_jsonb(waitlist)::text"
PUT_BACK = "INSERT INTO waitlist SELECT * FROM jsonb_populate_record(NULL::waitlist, $1::jsonb)"
DOUBLE = """
    INSERT INTO waitlist SELECT * FROM jsonb_populate_record(NULL::waitlist,
        (SELECT to_jsonb(w) FROM waitlist w WHERE id = $1)
            || jsonb_build_object('id', gen_random_uuid(), 'client_ref', gen_random_uuid()))
    RETURNING id
"""
ANSWER_TWICE = """
    INSERT INTO case_referrals SELECT * FROM jsonb_populate_record(NULL::case_referrals,
        (SELECT to_jsonb(r) FROM case_referrals r WHERE referral_id = $1 LIMIT 1)
            || jsonb_build_object('case_id', $2::text))
"""


async def test_the_checker_finds_a_deleted_and_a_doubled_place(house: House) -> None:
    sent = [await refer(house, nth) for nth in range(3)]

    async def clean() -> bool:
        return (await verdict(house, sent)).clean

    await eventually(clean, seconds=60)
    [referral_id] = sent[0].ids
    async with deleted(house, referral_id):
        assert (await verdict(house, sent)).lost == [f"{referral_id} is not placed"]
    async with doubled(house, referral_id):
        assert (await verdict(house, sent)).doubled == [f"{referral_id} is placed 2 times"]
    assert (await verdict(house, sent)).clean


async def refer(house: House, nth: int) -> Sent:
    key = f"checker-{nth}"
    client = {"municipality": NOBODY_COVERS, "phone": f"+358 40 555 00{nth:02}"}
    body = referral_body(external_id=key, client=client | {"given_name": f"Testi{nth}"})
    return Sent(key, [201], {await house.refer("prison", body)})


async def verdict(house: House, sent: list[Sent]) -> Verdict:
    seen = await observe(house, [one.key for one in sent], [], [NOBODY_COVERS])
    return judge(sent, [], seen)


@asynccontextmanager
async def deleted(house: House, referral_id: str) -> AsyncIterator[None]:
    """The place of a referral is gone during the block."""
    async with database(house, "caseload") as caseload:
        place = await place_of(house, referral_id)
        row = await caseload.fetchval(DELETE, place)
        try:
            yield
        finally:
            await caseload.execute(PUT_BACK, row)


@asynccontextmanager
async def doubled(house: House, referral_id: str) -> AsyncIterator[None]:
    """The referral has a second place during the block."""
    async with database(house, "caseload") as caseload:
        second = await caseload.fetchval(DOUBLE, await place_of(house, referral_id))
        await caseload.execute(ANSWER_TWICE, referral_id, str(second))
        try:
            yield
        finally:
            await caseload.execute("DELETE FROM case_referrals WHERE case_id = $1", second)
            await caseload.execute("DELETE FROM waitlist WHERE id = $1", second)


async def place_of(house: House, referral_id: str) -> str:
    async with database(house, "caseload") as caseload:
        find = "SELECT case_id FROM case_referrals WHERE referral_id = $1"
        return str(await caseload.fetchval(find, referral_id))
