"""The event process of the analytics service: `python -m services.analytics.worker`."""

from services.analytics.app import MIGRATIONS
from services.analytics.consumers import HANDLERS
from services.analytics.settings import Settings
from shared import configuration, migrations, worker

BATCH_SIZE = 200
"""The handlers only project; they append no events."""


def main() -> None:
    """Relays and consumes until stopped."""
    settings = configuration.read(Settings)
    if settings.migrate_on_start:
        migrations.upgrade_now(settings, MIGRATIONS)
    worker.run(settings, HANDLERS, batch_size=BATCH_SIZE)


if __name__ == "__main__":
    main()
