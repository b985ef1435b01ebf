"""The Kubernetes manifests, rendered by kustomize and held against the schemas of Kubernetes; the
operators' own kinds (Strimzi, KEDA, Prometheus) against the parts of theirs that are used here."""

import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator

from deploy.k8s import generate
from deploy.local.process import CODE_ROOT
from tests.support.kafka_house import principals
from tests.support.programs import needed
from tests.support.setting_names import SERVICES, variables
from tests.unit.deploy.kubernetes_schemas import SCHEMAS

pytestmark = pytest.mark.ops
OVERLAYS = ("production", "trial")
KUBERNETES = "1.34"

Resource = dict[str, Any]


@cache
def rendered(overlay: str) -> tuple[Resource, ...]:
    folder = CODE_ROOT / "deploy" / "k8s" / "overlays" / overlay
    program = [needed("kubectl"), "kustomize", str(folder)]
    done = subprocess.run(program, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(*kinds: str, overlay: str = "production") -> list[Resource]:
    return [one for one in rendered(overlay) if one["kind"] in kinds]


def name_of(resource: Resource) -> str:
    return str(resource["metadata"]["name"])


def pods() -> Iterator[tuple[str, Resource, Resource]]:
    """Name, labels and specification of every pod that is made."""
    for one in of_kind("Deployment", "Job"):
        template = one["spec"]["template"]
        yield name_of(one), template["metadata"]["labels"], template["spec"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_resource_is_what_its_schema_allows(overlay: str) -> None:
    for one in rendered(overlay):
        schema = SCHEMAS.get((one["apiVersion"], one["kind"]))
        if schema is None:
            kubernetes_validate.validate(one, KUBERNETES, strict=True)
        else:
            errors = [error.message for error in Draft202012Validator(schema).iter_errors(one)]
            assert errors == [], f"{one['kind']} {name_of(one)}"


def test_the_schemas_refuse_what_is_written_wrong() -> None:
    broken = of_kind("Deployment")[0] | {"sepc": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, KUBERNETES, strict=True)


def test_what_is_written_by_the_generator_is_as_it_would_write_it() -> None:
    for path, text in generate.rendered().items():
        assert path.read_text() == text, f"{path}: run python -m deploy.k8s.generate"


def test_every_service_has_both_processes_and_its_migrations() -> None:
    names = {name for name, _, _ in pods()}
    assert names == {
        f"{service}-{part}" for service in SERVICES for part in ("http", "events", "migrations")
    }


def test_every_setting_of_a_pod_is_one_that_its_service_reads() -> None:
    maps = {name_of(one): one["data"] for one in of_kind("ConfigMap")}
    for name, labels, pod in pods():
        service = labels["app.kubernetes.io/name"].removeprefix("nopsa-")
        told = {
            key: value
            for one in pod["containers"][0]["envFrom"]
            for key, value in maps[one["configMapRef"]["name"]].items()
        }
        assert told.keys() <= variables(service), name
        assert told["NOPSA_SERVICE_NAME"] == told["NOPSA_KAFKA_USERNAME"] == service


def test_a_pod_gets_the_secrets_of_its_own_service_alone() -> None:
    others = {"nopsa-cluster-ca-cert"}
    for name, labels, pod in pods():
        service = labels["app.kubernetes.io/name"].removeprefix("nopsa-")
        sources = pod["volumes"][0]["projected"]["sources"]
        names = {one["secret"]["name"] for one in sources}
        assert f"{service}-secrets" in names
        assert names <= {f"{service}-secrets", service, *others}, name
        assert service in principals()


def test_pods_run_without_rights_and_within_limits() -> None:
    for name, _, pod in pods():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        container = pod["containers"][0]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"], name
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}


def test_processes_are_asked_whether_they_live_and_are_ready() -> None:
    for one in of_kind("Deployment"):
        container = one["spec"]["template"]["spec"]["containers"][0]
        asked = {
            kind: container[f"{kind}Probe"]["httpGet"]["path"]
            for kind in ("startup", "liveness", "readiness")
        }
        assert asked == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}


def test_each_process_scales_by_its_own_measure_and_drains_one_by_one() -> None:
    deployments = {name_of(one): one for one in of_kind("Deployment")}
    scaled = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"]
        for one in of_kind("HorizontalPodAutoscaler", "ScaledObject")
    }
    assert scaled.keys() == deployments.keys()
    for service in SERVICES:
        events = scaled[f"{service}-events"]
        assert events["triggers"][0]["metadata"]["consumerGroup"] == f"nopsa-{service}"
        assert events["maxReplicaCount"] <= generate.PARTITIONS
    guarded = [one["spec"]["selector"]["matchLabels"] for one in of_kind("PodDisruptionBudget")]
    for one in deployments.values():
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert sum(labels.items() >= selector.items() for selector in guarded) == 1


def policies_for(labels: dict[str, str], direction: str) -> list[Resource]:
    return [
        one
        for one in of_kind("NetworkPolicy")
        if direction in one["spec"]["policyTypes"] and selects(one["spec"]["podSelector"], labels)
    ]


def selects(selector: Resource, labels: dict[str, str]) -> bool:
    wanted = selector.get("matchLabels", {})
    terms = selector.get("matchExpressions", [])
    return labels.items() >= wanted.items() and all(
        labels.get(term["key"]) in term["values"] for term in terms
    )


def ports(policies: list[Resource], direction: str) -> set[int]:
    return {
        port["port"]
        for policy in policies
        for rule in policy["spec"].get(direction.lower(), [])
        for port in rule["ports"]
    }


def test_a_pod_talks_to_nobody_it_does_not_need() -> None:
    for name, labels, _ in pods():
        part = labels["app.kubernetes.io/component"]
        egress = policies_for(labels, "Egress")
        assert "nothing-else" in {name_of(one) for one in egress}, name
        expected = {"migrations": {53, 5432}, "http": {53, 5432, 9093, 4318, 443}}
        expected["events"] = {53, 5432, 9093, 4318}
        if name == "referral-events":
            expected["events"] |= {443, 8443}
        assert ports(egress, "Egress") == expected[part], name
        arriving = ports(policies_for(labels, "Ingress"), "Ingress")
        assert arriving == {8080}, name


def test_webhooks_reach_the_internet_and_nothing_inside() -> None:
    policy = next(one for one in of_kind("NetworkPolicy") if name_of(one) == "webhooks")
    blocks = [to["ipBlock"] for to in policy["spec"]["egress"][0]["to"]]
    assert all(block["except"] for block in blocks)
    assert "10.0.0.0/8" in blocks[0]["except"]


def test_prometheus_finds_every_process_under_the_job_that_alerts_know() -> None:
    monitor = of_kind("ServiceMonitor")[0]["spec"]
    assert monitor["jobLabel"] == "app.kubernetes.io/name"
    for service in SERVICES:
        for process in ("http", "events"):
            found = next(
                one for one in of_kind("Service") if name_of(one) == f"{service}-{process}"
            )
            labels = found["metadata"]["labels"]
            assert labels.items() >= monitor["selector"]["matchLabels"].items()
            assert labels["app.kubernetes.io/name"] == f"nopsa-{service}"
            assert found["spec"]["ports"][0]["name"] == monitor["endpoints"][0]["port"]


def test_the_steps_of_an_install_take_the_broker_first_and_the_processes_last() -> None:
    kinds: dict[str | None, set[str]] = {}
    for one in rendered("production"):
        step = one["metadata"].get("labels", {}).get("nopsa.fi/step")
        kinds.setdefault(step, set()).add(one["kind"])
    assert kinds.keys() == {"broker", "processes", None}
    assert kinds["processes"] == {"Deployment"}
    assert kinds["broker"] == {"Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser"}
    assert "Deployment" not in kinds[None]
