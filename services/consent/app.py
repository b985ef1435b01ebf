"""The HTTP process of the consent service: `python -m services.consent.app`."""

from pathlib import Path

from fastapi import FastAPI

from services.consent.consents import api as consents
from services.consent.decisions import api as decisions
from services.consent.denials import api as denials
from services.consent.disclosures import api as disclosures
from services.consent.documents import api as documents
from services.consent.fhir import api as fhir
from services.consent.refusals import api as refusals
from services.consent.settings import Settings
from shared import configuration, logs, migrations, telemetry
from shared.web import create_app, serve

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: Settings) -> FastAPI:
    """The application."""
    return create_app(
        settings,
        [
            consents.router,
            denials.router,
            refusals.router,
            decisions.router,
            disclosures.router,
            documents.router,
            fhir.router,
        ],
        title="nopsa consent",
        description="What clients permit, per direction, and decisions on what may be told.",
    )


def main() -> None:
    """Serves until stopped; migrates first when set to."""
    settings = configuration.read(Settings)
    logs.set_up(settings.service_name, "app")
    telemetry.set_up(settings, "app")
    if settings.migrate_on_start:
        migrations.upgrade_now(settings, MIGRATIONS)
    serve(build(settings), settings.http_host, settings.http_port)


if __name__ == "__main__":
    main()
