"""The OpenAPI document says what the service does: a client generated from it works."""

from pathlib import Path

from tests.integration.referral.conftest import Service
from tests.support.openapi import findings

EVERY_SCOPE = (
    "referrals:write referrals:read partners:admin clients:read clients:write"
    " webhooks:write retention:admin"
)


async def test_every_answer_is_one_that_the_document_promises(
    service: Service, tmp_path: Path
) -> None:
    headers = service.mint.headers(
        EVERY_SCOPE, org=service.partners["adult_social_work"], client_id="social-office"
    )
    url = str(service.http.base_url).rstrip("/")
    found = await findings(url, headers, tmp_path, max_examples=4)
    assert not found, found
