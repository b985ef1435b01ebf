"""The event process of the caseload service: `python -m services.caseload.worker`."""

from functools import partial

from services.caseload.app import MIGRATIONS
from services.caseload.assignment import sweeping as assignment
from services.caseload.consumers import HANDLERS
from services.caseload.deadlines import sweeping as deadlines
from services.caseload.handovers import sweeping as handovers
from services.caseload.imports.processing import import_for_ever
from services.caseload.settings import Settings
from shared import configuration, migrations, worker

BATCH_SIZE = 1
"""The handler appends events, whose key locks must come last in each transaction."""


def main() -> None:
    """Relays and consumes until stopped."""
    settings = configuration.read(Settings)
    if settings.migrate_on_start:
        migrations.upgrade_now(settings, MIGRATIONS)
    parts: list[worker.Part] = [
        handovers.sweeper(settings),
        assignment.sweeper(settings),
        deadlines.sweeper(settings),
        partial(import_for_ever, settings),
    ]
    worker.run(settings, HANDLERS, batch_size=BATCH_SIZE, parts=parts)


if __name__ == "__main__":
    main()
