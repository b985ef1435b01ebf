"""The OpenAPI document of the caseload service says what it does."""

from pathlib import Path

import pytest

from shared.ids import new_id
from tests.integration.caseload.conftest import Service
from tests.support.attacks import Attack
from tests.support.openapi import try_all

EVERY_SCOPE = "teams:admin cases:read cases:write cases:import handovers:answer"


@pytest.mark.fuzz_too
async def test_every_answer_is_one_that_the_document_promises(
    service: Service, tmp_path: Path, attack: Attack
) -> None:
    url = str(service.http.base_url).rstrip("/")
    headers = service.mint.headers(EVERY_SCOPE, client_id="admin", worker=str(new_id()))
    await try_all(attack, url, headers, tmp_path, usual=2)
