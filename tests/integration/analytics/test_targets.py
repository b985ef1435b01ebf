"""The line of targets: points by year that people put in, and what mobile-share compares with."""

import random
from uuid import uuid4

from tests.integration.analytics.conftest import Service
from tests.integration.analytics.test_prices import put
from tests.support.past import BEGINS, Past

LINE = "/v1/targets/mobile-share"
SOURCE = {"source": "the county's strategy"}


async def test_mobile_share_compares_with_the_line_in_each_year(service: Service) -> None:
    for year, share in ((2035, 0.4), (2021, 0.12)):
        made = await put(service, f"{LINE}/{year}", {"share": share, **SOURCE})
        assert (made.status_code, made.headers["etag"]) == (201, '"v1"')
    past = Past()
    case = past.begin(uuid4(), BEGINS)
    for year in (2021, 2022):
        past.visit(case, BEGINS.replace(year=year), "home", "kept")
    await service.deliver(random.Random(1).sample(past.events, len(past.events)))
    data = await service.data("mobile-share", **{"from": "2021-01-01"})
    assert [(row["year"], row["target"]) for row in data["rows"]] == [(2021, 0.12), (2022, 0.14)]
    assert data["target_line"] == [
        {"year": 2021, "target": 0.12, **SOURCE},
        {"year": 2035, "target": 0.4, **SOURCE},
    ]
    asked = await service.data("mobile-share", target="0.5")
    assert [row["target"] for row in asked["rows"]] == [0.5], "what is asked goes before"


async def test_a_target_is_changed_by_who_read_it(service: Service) -> None:
    path = f"{LINE}/2030"
    assert (await service.get(path)).status_code == 404
    assert (await put(service, path, {"share": 0.3, **SOURCE})).status_code == 201
    assert (await put(service, path, {"share": 0.3, **SOURCE})).status_code == 428
    changed = await put(service, path, {"share": 0.35, **SOURCE}, If_Match='"v1"')
    assert (changed.status_code, changed.json()["share"]) == (200, 0.35)
    assert (await service.get(LINE)).json()["items"] == [changed.json()]
    refused = await put(service, path, {"share": 1.5, **SOURCE}, If_Match='"v2"')
    assert refused.status_code == 422
    assert (await put(service, path, SOURCE | {"share": 0.1}, "reports:read")).status_code == 403
