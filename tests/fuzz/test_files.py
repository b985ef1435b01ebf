"""Files of referrals bent in bytes and cells: every job ends, good lines are taken, no 5xx."""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from services.referral.imports.reading import FAILED
from tests.integration.referral.conftest import Service
from tests.support.attacks import Attack
from tests.support.bodies import new_key
from tests.support.deeper import examples
from tests.support.imports import CSV, NDJSON, csv, csv_row, importing, ndjson, numbered

PATH = "/v1/referral-imports"
FILES = 40
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1", "cp037")
CELLS = ("=1+1", "@SUM(A1)", "\x00", "\r", '"', '""', "'" * 9, ";" * 50, "\u202e", "x" * 300_000)
Bend = Callable[[random.Random, bytes], bytes]


def flip(chance: random.Random, content: bytes) -> bytes:
    """A byte changed."""
    changed = bytearray(content)
    changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut(chance: random.Random, content: bytes) -> bytes:
    """Its end missing."""
    return content[: chance.randrange(1, len(content))]


def splice(chance: random.Random, content: bytes) -> bytes:
    """Something in between that belongs nowhere."""
    at = chance.randrange(len(content))
    odd = chance.choice([cell.encode() for cell in CELLS] + [b"\xff\xfe", b"\xef\xbb\xbf", b"\x1a"])
    return content[:at] + odd + content[at:]


def recode(chance: random.Random, content: bytes) -> bytes:
    """In another encoding."""
    return content.decode("utf-8", "replace").encode(chance.choice(ENCODINGS), "replace")


def endings(chance: random.Random, content: bytes) -> bytes:
    """Lines that end otherwise."""
    plain = content.replace(b"\r\n", b"\n")
    return plain.replace(b"\n", chance.choice([b"\r", b"\r\n", b"\n\n", b"\x0b", b"\xe2\x80\xa8"]))


def nest(_: random.Random, content: bytes) -> bytes:
    """With a line that nests too deeply, and one that is gigantic."""
    return content + b"[" * 5000 + b"\n" + b'{"a":"' + b"x" * 400_000 + b'"}\n'


BENDS: tuple[Bend, ...] = (flip, cut, splice, recode, endings, nest)


def good(media_type: str, prefix: str) -> bytes:
    """A file of five good lines."""
    if media_type == NDJSON:
        return ndjson(body | {"external_id": f"{prefix}-{n}"} for n, body in enumerate(numbered(5)))
    return csv(*(csv_row(f"{prefix}-{n}") for n in range(5)))


async def ended(target: Service, location: str) -> dict[str, Any]:
    """The job, once it is done."""
    async with asyncio.timeout(90):
        while True:
            answer = await target.http.get(location, headers=target.sender("prison"))
            job: dict[str, Any] = answer.json()
            if job["state"] not in ("queued", "running"):
                return job
            await asyncio.sleep(0.05)


async def _send(
    target: Service, attack: Attack, content: bytes, media_type: str
) -> dict[str, Any] | None:
    headers = target.sender("prison") | new_key() | {"Content-Type": media_type}
    answer = await target.http.post(PATH, content=content, headers=headers)
    if answer.status_code in (400, 413, 415, 422):
        attack.refuse()
        return None
    if answer.status_code != 202:
        attack.went_wrong(f"{answer.status_code}: {content[:300]!r}")
        return None
    job = await ended(target, answer.headers["location"])
    if job["state"] == "done":
        attack.take()
    elif [error["code"] for error in job["errors"]] not in ([], [FAILED.code]):
        attack.refuse()
    else:
        attack.went_wrong(f"{job}: {content[:300]!r}")
    return job


@pytest.mark.parametrize("media_type", [CSV, NDJSON])
async def test_files_of_referrals_bent(target: Service, attack: Attack, media_type: str) -> None:
    chance = random.Random(media_type)
    async with importing(target.settings):
        for nth in range(examples(FILES)):
            content = good(media_type, f"bent-{media_type}-{nth}")
            for _ in range(chance.randint(1, 3)):
                content = chance.choice(BENDS)(chance, content) if content else content
            await _send(target, attack, content, media_type)


async def test_good_lines_beside_bad_ones_are_taken(target: Service, attack: Attack) -> None:
    bad = (b"[" * 5000, b"x" * 400_000, b"\xff\xfe", b"\x00", b"{", b"null", b"1e999", b'"\\ud800"')
    async with importing(target.settings):
        for nth, line in enumerate(bad):
            lines = good(NDJSON, f"beside-{nth}").splitlines()
            lines.insert(nth % 5, line)
            job = await _send(target, attack, b"\n".join(lines), NDJSON)
            taken = await target.rows(
                "SELECT 1 FROM referrals WHERE external_id LIKE $1", f"beside-{nth}-%"
            )
            if job is None or len(taken) != 5:
                attack.went_wrong(f"{len(taken)} of 5 beside {line[:20]!r}: {json.dumps(job)}")
