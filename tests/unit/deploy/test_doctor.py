"""What the doctor says of certificates and of keys."""

from pathlib import Path
from typing import Any

import pytest

from deploy.ops.doctor.keys import _judge
from deploy.ops.doctor.surroundings import examine_broker, examine_certificates, examine_issuer
from shared.settings import KafkaSettings
from tests.support.certificates import certificate_for

NOWHERE = "127.0.0.1:1"


async def test_a_certificate_that_ends_soon_or_cannot_be_read_is_wrong(tmp_path: Path) -> None:
    certificate_for("localhost", tmp_path)
    files = [tmp_path / "localhost.pem", tmp_path / "absent.pem"]
    soon, absent = await examine_certificates(files, [])
    assert soon.wrong.startswith("it holds until")
    assert absent.wrong == "it cannot be read"
    assert soon.advice
    assert absent.advice


async def test_a_server_shows_its_certificate_or_is_told_not_to() -> None:
    (finding,) = await examine_certificates([], [f"https://{NOWHERE}", f"http://{NOWHERE}"])
    assert (finding.what, finding.is_well) == (f"certificate of https://{NOWHERE}", False)


async def test_what_does_not_answer_is_named_with_what_it_means() -> None:
    (broker,) = await examine_broker(KafkaSettings(bootstrap=NOWHERE))
    (issuer,) = await examine_issuer(f"http://{NOWHERE}")
    assert NOWHERE in broker.wrong
    assert "wait in the outboxes" in broker.advice
    assert NOWHERE in issuer.wrong


@pytest.mark.parametrize(
    ("in_use", "is_well", "said"),
    [
        ({}, True, "k2 seals everything"),
        ({"a.b": {"k2": 3}}, True, "k2 seals everything"),
        ({"a.b": {"k2": 3, "k1": 2}, "c.d": {"k1": 1}}, True, "still needed: k1 (3 rows)"),
        ({"a.b": {"k0": 4, "k1": 2}}, False, "no key of the ring opens 4 rows sealed with k0"),
    ],
)
def test_a_key_that_is_gone_is_wrong_and_an_older_one_is_still_needed(
    in_use: Any, is_well: bool, said: str
) -> None:
    told = {"current": "k2", "ring": ["k2", "k1"], "in_use": in_use}
    finding = _judge("keys", "consent", told)
    assert finding.is_well == is_well
    assert (finding.seen or finding.wrong).startswith(said)
