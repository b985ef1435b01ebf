"""The event process of the caseload service: `python -m services.caseload.worker`."""

from services.caseload.app import MIGRATIONS
from services.caseload.consumers import HANDLERS
from services.caseload.settings import Settings
from shared import migrations, worker

BATCH_SIZE = 1
"""The handler appends events, whose key locks must come last in each transaction."""


def main() -> None:
    """Relays and consumes until stopped."""
    settings = Settings.model_validate({})
    if settings.migrate_on_start:
        migrations.upgrade_now(settings, MIGRATIONS)
    worker.run(settings, HANDLERS, batch_size=BATCH_SIZE)


if __name__ == "__main__":
    main()
