"""The HTTP process of the analytics service: `python -m services.analytics.app`."""

from pathlib import Path

from fastapi import FastAPI

from services.analytics.dashboard import api as dashboard
from services.analytics.exports import api as exports
from services.analytics.inputs import api as inputs
from services.analytics.inputs import targets
from services.analytics.reports import api as reports
from services.analytics.settings import Settings
from shared import configuration, logs, migrations, telemetry
from shared.web import create_app, serve

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: Settings) -> FastAPI:
    """The application."""
    return create_app(
        settings,
        [
            reports.router,
            inputs.prices_router,
            inputs.costs_router,
            targets.router,
            exports.router,
            dashboard.router,
        ],
        title="nopsa analytics",
        description="Reports on the work of the teams, computed from events.",
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
