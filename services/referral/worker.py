"""The event process of the referral service: `python -m services.referral.worker`."""

from functools import partial

from services.referral import housekeeping
from services.referral.app import MIGRATIONS
from services.referral.consumers import HANDLERS
from services.referral.content import erasing as content
from services.referral.following import beginning
from services.referral.imports.processing import import_for_ever
from services.referral.retention.erasing import erase_for_ever
from services.referral.settings import Settings
from services.referral.webhooks.sender import send_for_ever
from shared import configuration, migrations, worker

BATCH_SIZE = 50
"""The handlers only project; they append no events."""


def main() -> None:
    """Relays and consumes until stopped."""
    settings = configuration.read(Settings)
    if settings.migrate_on_start:
        migrations.upgrade_now(settings, MIGRATIONS)
    worker.run(
        settings,
        HANDLERS,
        batch_size=BATCH_SIZE,
        parts=[
            partial(send_for_ever, settings),
            partial(import_for_ever, settings),
            partial(erase_for_ever, settings),
            beginning.sweeper(settings),
            content.sweeper(settings),
            housekeeping.sweeper(),
        ],
    )


if __name__ == "__main__":
    main()
