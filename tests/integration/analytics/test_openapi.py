"""The OpenAPI document of the analytics service says what it does."""

from pathlib import Path

import pytest

from tests.integration.analytics.conftest import ALL, Service
from tests.support.attacks import Attack
from tests.support.openapi import try_all


@pytest.mark.fuzz_too
async def test_every_answer_is_one_that_the_document_promises(
    service: Service, tmp_path: Path, attack: Attack
) -> None:
    url = str(service.http.base_url).rstrip("/")
    await try_all(attack, url, service.mint.headers(f"{ALL} exports:read"), tmp_path, usual=2)
