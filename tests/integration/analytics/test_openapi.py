"""The OpenAPI document of the analytics service says what it does."""

from pathlib import Path

from tests.integration.analytics.conftest import ALL, Service
from tests.support.openapi import findings


async def test_every_answer_is_one_that_the_document_promises(
    service: Service, tmp_path: Path
) -> None:
    url = str(service.http.base_url).rstrip("/")
    found = await findings(
        url, service.mint.headers(f"{ALL} exports:read"), tmp_path, max_examples=2
    )
    assert not found, found
