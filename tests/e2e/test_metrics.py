"""Dashboards and alerts name only metrics that the running processes tell."""

import json
from pathlib import Path

import pytest
import yaml

from tests.support.house import House
from tests.support.promql import FROM_PROMETHEUS, metrics_named, metrics_told

DEPLOY = Path(__file__).parents[2] / "deploy"


def expressions() -> list[str]:
    """Every expression of every dashboard and alert."""
    found = []
    for path in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json")):
        panels = json.loads(path.read_text())["panels"]
        found += [target["expr"] for panel in panels for target in panel["targets"]]
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return found + [rule["expr"] for group in groups for rule in group["rules"]]


@pytest.mark.ops
async def test_dashboards_and_alerts_name_only_metrics_that_exist(house: House) -> None:
    """Dashboards and alerts name only metrics that the running processes tell."""
    told = set(FROM_PROMETHEUS)
    for url in [*house.stack.urls.values(), *house.stack.worker_urls.values()]:
        told |= metrics_told((await house.http.get(f"{url}/metrics")).text)
    named = {name: expression for expression in expressions() for name in metrics_named(expression)}
    assert {name: where for name, where in named.items() if name not in told} == {}
    assert len(named) > 20


async def test_every_event_process_tells_what_an_operator_asks(house: House) -> None:
    for service, url in house.stack.worker_urls.items():
        text = (await house.http.get(f"{url}/metrics")).text
        assert f'nopsa_outbox_depth{{service="{service}"}}' in text
        wanted = f'nopsa_relay_lanes_wanted{{service="{service}"}} '
        lanes = next(line for line in text.splitlines() if line.startswith(wanted))
        assert lanes.replace("_wanted", "") in text
        assert float(lanes.removeprefix(wanted)) >= 1
        assert f'nopsa_database_pool_connections{{service="{service}",state="used"}}' in text
        assert f'nopsa_disclosures_waiting{{service="{service}"}}' in text
        assert "nopsa_consumer_lag{" in text
