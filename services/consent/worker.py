"""The event process of the consent service: `python -m services.consent.worker`."""

from services.consent.app import MIGRATIONS
from services.consent.consents import expiring as consents
from services.consent.consumers import HANDLERS
from services.consent.disclosures.keeping import keepers
from services.consent.documents import sweeping as documents
from services.consent.settings import Settings
from shared import configuration, migrations, worker


def main() -> None:
    """Relays and consumes until stopped."""
    settings = configuration.read(Settings)
    if settings.migrate_on_start:
        migrations.upgrade_now(settings, MIGRATIONS)
    parts = [*keepers(settings), consents.sweeper(settings), documents.sweeper(settings)]
    worker.run(settings, HANDLERS, parts=parts)


if __name__ == "__main__":
    main()
