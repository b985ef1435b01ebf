"""The OpenAPI document of the consent service says what it does."""

from pathlib import Path

from tests.integration.consent.conftest import SCOPES, Service
from tests.support.openapi import findings


async def test_every_answer_is_one_that_the_document_promises(
    service: Service, tmp_path: Path
) -> None:
    url = str(service.http.base_url).rstrip("/")
    caller = service.caller(
        f"{SCOPES} disclosures:read audit:read documents:read documents:write records:receipt",
        org="health",
    )
    found = await findings(url, caller, tmp_path, max_examples=2)
    assert not found, found
