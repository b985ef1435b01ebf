"""The HTTP process of the referral service: `python -m services.referral.app`."""

from pathlib import Path

from fastapi import FastAPI

from services.referral.agreements import api as agreements
from services.referral.changes import api as changes
from services.referral.clients import api as clients
from services.referral.content import api as content
from services.referral.fhir import api as fhir
from services.referral.following import api as following
from services.referral.imports import api as imports
from services.referral.intake import api as intake
from services.referral.intake.commands import Intakes
from services.referral.me import api as me
from services.referral.partners import api as partners
from services.referral.retention import api as retention
from services.referral.settings import Settings
from services.referral.webhooks import api as webhooks
from shared import configuration, logs, migrations, telemetry
from shared.web import create_app, serve

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: Settings) -> FastAPI:
    """The application."""
    app = create_app(
        settings,
        [
            intake.router,
            following.router,
            changes.router,
            content.router,
            clients.router,
            partners.router,
            agreements.router,
            me.router,
            webhooks.router,
            imports.router,
            retention.router,
            fhir.router,
        ],
        title="nopsa referral",
        description="Referrals to mobile outreach teams: post them, follow them.",
    )
    app.webhooks.include_router(webhooks.messages)
    state = app.state
    state.intakes = Intakes(state.database, state.cipher, state.index)
    return app


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
