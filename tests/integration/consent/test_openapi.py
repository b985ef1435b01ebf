"""The OpenAPI document of the consent service says what it does."""

from pathlib import Path

from tests.integration.consent.conftest import Service
from tests.support.openapi import findings


async def test_every_answer_is_one_that_the_document_promises(
    service: Service, tmp_path: Path
) -> None:
    url = str(service.http.base_url).rstrip("/")
    found = await findings(url, service.caller(), tmp_path, max_examples=10)
    assert not found, found
