"""What Prometheus can ask of the deadlines. The label `kind` is `contact` or `assessment`."""

from prometheus_client import Counter, Gauge

RAISED = Counter("nopsa_deadlines_raised", "Deadlines told as passed, by kind", ("kind",))
OVERDUE = Gauge(
    "nopsa_deadlines_overdue",
    "Cases and places in line whose deadline has passed unmet, now, by kind; every event process "
    "of the service counts all of them",
    ("kind",),
)
