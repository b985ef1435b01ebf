"""The OpenAPI document of the consent service says what it does."""

from pathlib import Path

import pytest

from tests.integration.consent.conftest import SCOPES, Service
from tests.support.attacks import Attack
from tests.support.openapi import try_all


@pytest.mark.fuzz_too
async def test_every_answer_is_one_that_the_document_promises(
    service: Service, tmp_path: Path, attack: Attack
) -> None:
    url = str(service.http.base_url).rstrip("/")
    caller = service.caller(
        f"{SCOPES} disclosures:read audit:read documents:read documents:write records:receipt",
        org="health",
    )
    await try_all(attack, url, caller, tmp_path, usual=2)
