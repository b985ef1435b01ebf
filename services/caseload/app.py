"""The HTTP process of the caseload service: `python -m services.caseload.app`."""

from pathlib import Path

from fastapi import FastAPI

from services.caseload.assignment import api as assignment
from services.caseload.cases import api as cases
from services.caseload.settings import Settings
from services.caseload.teams import api as teams
from shared import logs, migrations, telemetry
from shared.web import create_app, serve

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: Settings) -> FastAPI:
    """The application."""
    return create_app(
        settings,
        [cases.router, assignment.router, teams.teams_router, teams.workers_router],
        title="nopsa caseload",
        description="Teams, workers, who takes which referral and why, and the cases they work.",
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
