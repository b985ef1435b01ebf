"""The event process of the consent service: `python -m services.consent.worker`."""

from services.consent.app import MIGRATIONS
from services.consent.consumers import HANDLERS
from services.consent.settings import Settings
from shared import migrations, worker


def main() -> None:
    """Relays and consumes until stopped."""
    settings = Settings.model_validate({})
    if settings.migrate_on_start:
        migrations.upgrade_now(settings, MIGRATIONS)
    worker.run(settings, HANDLERS)


if __name__ == "__main__":
    main()
