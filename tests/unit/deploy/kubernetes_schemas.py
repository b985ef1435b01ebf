"""The operators' kinds as far as the manifests use them, written from their documentation. Anything
that is not named here is refused, so that a slip of the pen shows."""

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
FREE: Schema = {"type": "object"}


def record(required: tuple[str, ...] = (), **fields: Schema) -> Schema:
    """An object with these fields and no others."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(required),
        "additionalProperties": False,
    }


def many(item: Schema) -> Schema:
    """A list with something in it."""
    return {"type": "array", "items": item, "minItems": 1}


def one_of(*values: str) -> Schema:
    """One of these words."""
    return {"enum": list(values)}


def resource(spec: Schema) -> Schema:
    """A resource with this specification."""
    metadata = record(("name",), name=TEXT, namespace=TEXT, labels=FREE, annotations=FREE)
    return record(("spec",), apiVersion=TEXT, kind=TEXT, metadata=metadata, spec=spec)


_ACL = record(
    ("resource", "operations"),
    resource=record(
        ("type", "name"),
        type=one_of("topic", "group"),
        name=TEXT,
        patternType=one_of("literal", "prefix"),
    ),
    operations=many(one_of("Read", "Write", "Describe")),
)
_LISTENER = record(
    ("name", "port", "type", "tls"),
    name={"type": "string", "pattern": "^[a-z0-9]{1,11}$"},
    port={"type": "integer", "minimum": 9092},
    type=one_of("internal"),
    tls=FLAG,
    authentication=record(("type",), type=one_of("scram-sha-512")),
    networkPolicyPeers=many(record(podSelector=FREE, namespaceSelector=FREE)),
)
_VOLUME = record(
    ("id", "type"),
    id=COUNT,
    type=one_of("persistent-claim"),
    size=TEXT,
    deleteClaim=FLAG,
    kraftMetadata=one_of("shared"),
)
_KAFKA_TRIGGER = record(
    ("type", "metadata", "authenticationRef"),
    type=one_of("kafka"),
    metadata=record(
        ("bootstrapServers", "consumerGroup", "lagThreshold"),
        bootstrapServers=TEXT,
        consumerGroup=TEXT,
        lagThreshold=TEXT,
        activationLagThreshold=TEXT,
        sasl=one_of("scram_sha512"),
        tls=one_of("enable"),
    ),
    authenticationRef=record(("name",), name=TEXT),
)
_STRIMZI, _KEDA = "kafka.strimzi.io/v1", "keda.sh/v1alpha1"

SCHEMAS: dict[tuple[str, str], Schema] = {
    (_STRIMZI, "KafkaTopic"): resource(
        record(("partitions", "replicas"), partitions=COUNT, replicas=COUNT, config=FREE)
    ),
    (_STRIMZI, "KafkaUser"): resource(
        record(
            ("authentication", "authorization"),
            authentication=record(("type",), type=one_of("scram-sha-512")),
            authorization=record(("type", "acls"), type=one_of("simple"), acls=many(_ACL)),
        )
    ),
    (_STRIMZI, "KafkaNodePool"): resource(
        record(
            ("replicas", "roles", "storage"),
            replicas=COUNT,
            roles=many(one_of("controller", "broker")),
            storage=record(("type", "volumes"), type=one_of("jbod"), volumes=many(_VOLUME)),
            resources=record(requests=FREE, limits=FREE),
        )
    ),
    (_STRIMZI, "Kafka"): resource(
        record(
            ("kafka",),
            kafka=record(
                ("listeners",),
                version=TEXT,
                listeners=many(_LISTENER),
                authorization=record(("type",), type=one_of("simple")),
                config=FREE,
            ),
            entityOperator=record(topicOperator=FREE, userOperator=FREE),
        )
    ),
    (_KEDA, "ScaledObject"): resource(
        record(
            ("scaleTargetRef", "triggers"),
            scaleTargetRef=record(("name",), name=TEXT),
            minReplicaCount=COUNT,
            maxReplicaCount=COUNT,
            pollingInterval=COUNT,
            cooldownPeriod=COUNT,
            fallback=record(
                ("failureThreshold", "replicas"), failureThreshold=COUNT, replicas=COUNT
            ),
            triggers=many(_KAFKA_TRIGGER),
        )
    ),
    (_KEDA, "TriggerAuthentication"): resource(
        record(
            env=many(record(("parameter", "name"), parameter=TEXT, name=TEXT, containerName=TEXT)),
            secretTargetRef=many(
                record(("parameter", "name", "key"), parameter=TEXT, name=TEXT, key=TEXT)
            ),
        )
    ),
    ("monitoring.coreos.com/v1", "ServiceMonitor"): resource(
        record(
            ("selector", "endpoints"),
            jobLabel=TEXT,
            selector=record(matchLabels=FREE),
            endpoints=many(record(port=TEXT, path=TEXT, interval=TEXT)),
        )
    ),
}
