"""What Prometheus can ask of the documents."""

from prometheus_client import Counter, Gauge

DOCUMENTS = Gauge(
    "nopsa_documents",
    "Documents that somebody should look at, now: half_stored, conflict, overdue; every event "
    "process of the service counts all of them",
    ("state",),
)
OVERDUE_RAISED = Counter("nopsa_documents_overdue_raised", "Documents told to be overdue")
