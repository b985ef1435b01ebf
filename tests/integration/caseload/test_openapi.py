"""The OpenAPI document of the caseload service says what it does."""

from pathlib import Path

from shared.ids import new_id
from tests.integration.caseload.conftest import Service
from tests.support.openapi import findings

EVERY_SCOPE = "teams:admin cases:read cases:write cases:import handovers:answer"


async def test_every_answer_is_one_that_the_document_promises(
    service: Service, tmp_path: Path
) -> None:
    url = str(service.http.base_url).rstrip("/")
    headers = service.mint.headers(EVERY_SCOPE, client_id="admin", worker=str(new_id()))
    found = await findings(url, headers, tmp_path, max_examples=2)
    assert not found, found
