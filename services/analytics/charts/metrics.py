"""What Prometheus is told of drawing."""

from prometheus_client import Counter

CHARTS = Counter(
    "nopsa_charts", "Charts asked for, by outcome: drawn, kept from before, failed", ("outcome",)
)
