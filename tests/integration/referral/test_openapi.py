"""The OpenAPI document says what the service does: a client generated from it works."""

from pathlib import Path

import pytest

from tests.integration.referral.conftest import Service
from tests.support.attacks import Attack
from tests.support.openapi import try_all

EVERY_SCOPE = (
    "referrals:write referrals:read partners:admin clients:read clients:write"
    " webhooks:write retention:admin"
)


@pytest.mark.fuzz_too
async def test_every_answer_is_one_that_the_document_promises(
    service: Service, tmp_path: Path, attack: Attack
) -> None:
    headers = service.mint.headers(
        EVERY_SCOPE, org=service.partners["adult_social_work"], client_id="social-office"
    )
    url = str(service.http.base_url).rstrip("/")
    await try_all(attack, url, headers, tmp_path, usual=4)
