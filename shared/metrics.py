"""What Prometheus can ask of every process. Labels are codes and route templates, never values."""

from prometheus_client import Counter, Gauge, Histogram

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
