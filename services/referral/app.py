"""The HTTP process of the referral service: `python -m services.referral.app`."""

from pathlib import Path

from fastapi import FastAPI

from services.referral.following import api as following
from services.referral.intake import api as intake
from services.referral.partners import api as partners
from services.referral.settings import Settings
from shared import logs, migrations, telemetry
from shared.web import create_app, serve

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: Settings) -> FastAPI:
    """The application."""
    return create_app(
        settings,
        [intake.router, following.router, partners.router],
        title="nopsa referral",
        description="Referrals to mobile outreach teams: post them, follow them.",
    )


def main() -> None:
    """Serves until stopped; migrates first when set to."""
    settings = Settings.model_validate({})
    logs.set_up(settings.service_name, "app")
    telemetry.set_up(settings, "app")
    if settings.migrate_on_start:
        migrations.upgrade_now(settings, MIGRATIONS)
    serve(build(settings), settings.http_host, settings.http_port)


if __name__ == "__main__":
    main()
