"""Every alert fires when it must and keeps quiet otherwise, and says where to read what to do."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.programs import needed
from tests.support.promql import metrics_named

DEPLOY = Path(__file__).parents[3] / "deploy"
RULES = DEPLOY / "prometheus" / "alerts.yml"
TRIALS = DEPLOY / "prometheus" / "alerts_test.yml"


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def headings() -> set[str]:
    lines = (DEPLOY / "README.md").read_text().splitlines()
    return {line.lstrip("# ").strip() for line in lines if line.startswith("#")}


@pytest.mark.ops
def test_the_alerts_fire_and_keep_quiet_as_they_must() -> None:
    """Every Prometheus alert fires when it must and keeps quiet otherwise (promtool)."""
    done = subprocess.run(
        [needed("promtool"), "test", "rules", TRIALS.name],
        cwd=TRIALS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_every_alert_is_tried_and_has_its_section_in_the_runbook(alert: dict[str, Any]) -> None:
    name = alert["alert"]
    tried = [trial["name"] for trial in yaml.safe_load(TRIALS.read_text())["tests"]]
    assert {f"{name} fires", f"{name} keeps quiet"} <= set(tried)
    assert alert["annotations"]["runbook"] == f"deploy/README.md#{name.lower()}"
    assert name in headings()
    assert alert["labels"]["severity"] in ("page", "ticket")


def test_an_expression_gives_the_metrics_that_it_names() -> None:
    expression = (
        'histogram_quantile(0.95, sum by (service, le) (rate(a_bucket{route!~"b|c"}[5m]))) > 1 '
        "or max(d) / on (service) e_total"
    )
    assert metrics_named(expression) == {"a_bucket", "d", "e_total"}


@pytest.mark.parametrize(
    "path", sorted((DEPLOY / "grafana" / "dashboards").glob("*.json")), ids=lambda path: path.stem
)
def test_every_panel_says_what_it_shows(path: Path) -> None:
    panels = json.loads(path.read_text())["panels"]
    assert all(panel["title"] and panel["description"] and panel["targets"] for panel in panels)
    assert len({panel["id"] for panel in panels}) == len(panels)
