"""What Prometheus can ask of every process. Labels are codes and route templates, never values."""

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy.pool import QueuePool

REQUESTS = Histogram(
    "nopsa_http_request_seconds",
    "Time to answer a request",
    ("service", "method", "route", "status"),
)
EVENTS_PUBLISHED = Counter(
    "nopsa_events_published", "Outbox rows the broker acknowledged", ("service",)
)
EVENTS_CONSUMED = Counter(
    "nopsa_events_consumed",
    "Messages by outcome: applied, duplicate, ignored, dead",
    ("service", "topic", "outcome"),
)
EVENT_RETRIES = Counter(
    "nopsa_event_retries", "Times a partition was held for a retry", ("service", "topic")
)
DISCLOSURES_TOLD = Counter(
    "nopsa_disclosures_told", "Audit rows of clients told to the disclosure log", ("service",)
)
CONSUMER_LAG = Gauge(
    "nopsa_consumer_lag", "Messages not yet handled", ("service", "topic", "partition")
)
OUTBOX_DEPTH = Gauge("nopsa_outbox_depth", "Events waiting for the relay", ("service",))
OUTBOX_OLDEST = Gauge(
    "nopsa_outbox_oldest_seconds", "Age of the oldest event waiting", ("service",)
)
RELAY_LANES = Gauge(
    "nopsa_relay_lanes", "Lanes of the outbox that this process works", ("service",)
)
RELAY_LANES_WANTED = Gauge(
    "nopsa_relay_lanes_wanted",
    "Lanes that all processes of the service together must work",
    ("service",),
)
DEAD_LETTERS = Gauge(
    "nopsa_dead_letters",
    "Messages that were set aside and wait for somebody to replay or drop them",
    ("service", "topic"),
)
DISCLOSURES_WAITING = Gauge(
    "nopsa_disclosures_waiting",
    "Audit rows of clients not yet told to the disclosure log",
    ("service",),
)
DISCLOSURES_OLDEST = Gauge(
    "nopsa_disclosures_oldest_seconds", "Age of the oldest audit row not yet told", ("service",)
)
POOL_CONNECTIONS = Gauge(
    "nopsa_database_pool_connections",
    "Connections of this process to its database: used or idle",
    ("service", "state"),
)
POOL_LIMIT = Gauge(
    "nopsa_database_pool_limit", "Connections that this process may open at most", ("service",)
)


def watch_pool(service: str, pool: QueuePool, limit: int) -> None:
    """Tells of the process's connection pool from now on."""
    POOL_CONNECTIONS.labels(service, "used").set_function(pool.checkedout)
    POOL_CONNECTIONS.labels(service, "idle").set_function(pool.checkedin)
    POOL_LIMIT.labels(service).set(limit)
