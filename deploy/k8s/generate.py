"""`python -m deploy.k8s.generate`: Strimzi's topics and users, from the topics of the contracts and
the access list of `deploy/kafka`; and each service's kustomization, which differ in the name alone.

A test compares what is written with what this would write.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from shared.contracts.topics import ALL, dead_letter

API = "kafka.strimzi.io/v1"
CLUSTER = {"strimzi.io/cluster": "nopsa"}
PARTITIONS, REPLICAS, IN_SYNC = 6, 3, 2
ACLS = Path(__file__).parents[1] / "kafka" / "acls.csv"
BASE = Path(__file__).parent / "base"
SERVICES = ("referral", "caseload", "consent", "analytics")
HEAD = "# Written by `python -m deploy.k8s.generate`; change what it reads instead.\n"


def topics() -> Iterator[dict[str, Any]]:
    """A KafkaTopic for every topic and its dead-letter topic, which keeps letters for longer."""
    for topic in ALL:
        for name in (topic, dead_letter(topic)):
            config: dict[str, Any] = {"min.insync.replicas": IN_SYNC}
            if name != topic:
                config["retention.ms"] = 90 * 24 * 3_600_000
            spec = {"partitions": PARTITIONS, "replicas": REPLICAS, "config": config}
            yield _resource("KafkaTopic", name, spec)


def users() -> Iterator[dict[str, Any]]:
    """A KafkaUser for every principal of the access list, with its lines as ACLs."""
    with ACLS.open() as file:
        lines = list(csv.DictReader(file))
    for principal in dict.fromkeys(line["principal"] for line in lines):
        spec = {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {
                "type": "simple",
                "acls": [_acl(line) for line in lines if line["principal"] == principal],
            },
        }
        yield _resource("KafkaUser", principal, spec)


def service(name: str) -> dict[str, Any]:
    """The kustomization of a service: its name before each thing and in its labels, and where a
    name is not ours to prefix: the secrets that others make, and the consumer group."""
    sources = "/spec/template/spec/volumes/0/projected/sources"
    secrets = {f"{sources}/0/secret/name": f"{name}-secrets"}
    identity = {"NOPSA_SERVICE_NAME": name, "NOPSA_KAFKA_USERNAME": name}
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namePrefix": f"{name}-",
        "resources": ["../service"],
        "labels": [
            {
                "pairs": {"app.kubernetes.io/name": f"nopsa-{name}"},
                "includeSelectors": True,
                "includeTemplates": True,
            }
        ],
        "configMapGenerator": [
            {"name": "identity", "literals": [f"{key}={value}" for key, value in identity.items()]}
        ],
        "patches": [
            _patch("Deployment", secrets | {f"{sources}/1/secret/name": name}),
            _patch("Job", secrets),
            _patch(
                "ScaledObject",
                {
                    "/spec/scaleTargetRef/name": f"{name}-events",
                    "/spec/triggers/0/metadata/consumerGroup": f"nopsa-{name}",
                    "/spec/triggers/0/authenticationRef/name": f"{name}-kafka",
                },
            ),
            _patch("TriggerAuthentication", {"/spec/secretTargetRef/0/name": name}),
        ],
    }


def rendered() -> dict[Path, str]:
    """What belongs into which file."""
    return {
        BASE / "kafka" / "topics.yaml": _text(*topics()),
        BASE / "kafka" / "users.yaml": _text(*users()),
    } | {BASE / name / "kustomization.yaml": _text(service(name)) for name in SERVICES}


def main() -> None:
    """Writes the files."""
    for path, text in rendered().items():
        path.write_text(text)


def _resource(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "labels": dict(CLUSTER)}
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": spec}


class _Block(str):
    """A text of several lines, written as such."""


class _Dumper(yaml.SafeDumper):
    """Knows `_Block`."""


_Dumper.add_representer(
    _Block, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
)


def _patch(kind: str, values: dict[str, str]) -> dict[str, Any]:
    changes = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
    text = yaml.safe_dump(changes, sort_keys=False, width=200)
    return {"target": {"kind": kind}, "patch": _Block(text)}


def _text(*documents: dict[str, Any]) -> str:
    return HEAD + yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, width=100)


def _acl(line: dict[str, str]) -> dict[str, Any]:
    kind = {"literal": "literal", "prefixed": "prefix"}[line["pattern"]]
    return {
        "resource": {"type": line["resource"], "name": line["name"], "patternType": kind},
        "operations": line["operations"].split(),
    }


if __name__ == "__main__":
    main()
