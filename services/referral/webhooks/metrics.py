"""What Prometheus can ask of the webhooks. Labels are outcome codes."""

from prometheus_client import Counter, Gauge

DISABLED = Gauge(
    "nopsa_webhooks_disabled",
    "Endpoints that are told nothing because they answered that they are gone",
)
DELIVERIES = Counter(
    "nopsa_webhook_tries", "Tries to deliver a webhook message, by outcome", ("outcome",)
)
OLDEST_DUE = Gauge(
    "nopsa_webhook_oldest_due_seconds", "How long the oldest message that is due has waited"
)
