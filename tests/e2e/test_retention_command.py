"""`nopsa retention` as an operator runs it: count first, then erase, then look at what is left."""

import subprocess
import sys

import asyncpg
import pytest

from deploy.cli.running import READY_FILE
from deploy.local.stack import Stack
from tests.support.bodies import referral_body
from tests.support.house import House, eventually

LONG_AGO = "now() - interval '11 years'"


def retention(stack: Stack, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.cli.main", "retention", *options]
    return subprocess.run(
        [*command, "--data-dir", str(stack.data_dir)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def taken_back(house: House, path: str) -> bool:
    """Cancels the referral, unless it has moved on since it was read: then it is read again."""
    etag = (await house.get("prison", "referral", path)).headers["etag"]
    reason = {"reason": "no_longer_needed"}
    answer = await house.post("prison", "referral", f"{path}/cancel", reason, if_match=etag)
    assert answer.status_code in (200, 412), answer.text
    return answer.status_code == 200


async def long_closed(house: House) -> str:
    """A referral that was taken back eleven years ago; whom it is about."""
    referral = await house.refer("prison", referral_body(client={"phone": "+358457778899"}))
    path = f"/v1/referrals/{referral}"
    await eventually(lambda: taken_back(house, path))
    connection = await asyncpg.connect(house.stack.dsns["referral"])
    try:
        change = "UPDATE referral_changes SET changed_at = {} WHERE referral_id = $1"
        await connection.execute(change.format(LONG_AGO), referral)
        ended = "UPDATE referrals SET ended_at = {} WHERE id = $1 RETURNING client_ref"
        return str(await connection.fetchval(ended.format(LONG_AGO), referral))
    finally:
        await connection.close()


@pytest.fixture
def published(stack: Stack) -> Stack:
    """The stack as the commands find it."""
    stack.publish(stack.data_dir / READY_FILE)
    return stack


async def test_what_a_dry_run_counts_is_erased_once_by_a_run(
    house: House, published: Stack
) -> None:
    person = await long_closed(house)
    headers = house.headers("lead") | {"Purpose-Of-Use": "care"}
    url = f"{published.urls['referral']}/v1/clients/{person}"

    counted = retention(published, "--dry-run")
    assert counted.returncode == 0, counted.stderr
    assert "1 person would be erased." in counted.stdout
    assert (await house.http.get(url, headers=headers)).status_code == 200

    done = retention(published, "--run")
    assert done.returncode == 0, done.stderr
    assert "1 person erased." in done.stdout
    assert "1 row of client_keys" in done.stdout
    assert (await house.http.get(url, headers=headers)).status_code == 404
    assert "0 persons erased." in retention(published, "--run").stdout


def test_whether_to_erase_is_never_guessed(published: Stack) -> None:
    told = retention(published)
    assert (told.returncode, told.stdout) == (1, "")
    assert "Say --dry-run" in told.stderr
