"""The HTTP process of the caseload service: `python -m services.caseload.app`."""

from pathlib import Path

from fastapi import FastAPI

from services.caseload.absences import api as absences
from services.caseload.assessments import api as assessments
from services.caseload.assignment import api as assignment
from services.caseload.cadence import api as cadence
from services.caseload.capacity import api as capacity
from services.caseload.cases import api as cases
from services.caseload.consultations import api as consultations
from services.caseload.deadlines import api as deadlines
from services.caseload.gaps import api as gaps
from services.caseload.goals import api as goals
from services.caseload.group_sessions import api as group_sessions
from services.caseload.handovers import api as handovers
from services.caseload.housing import api as housing
from services.caseload.imports import api as imports
from services.caseload.intake_rules import api as intake_rules
from services.caseload.motivation import api as motivation
from services.caseload.paths import api as paths
from services.caseload.placements import api as placements
from services.caseload.returns import api as returns
from services.caseload.segments import api as segments
from services.caseload.settings import Settings
from services.caseload.teams import api as teams
from services.caseload.visits import api as visits
from services.caseload.waitlist import api as waitlist
from services.caseload.worklist import api as worklist
from shared import configuration, logs, migrations, telemetry
from shared.web import create_app, serve

MIGRATIONS = Path(__file__).parent / "migrations"

CASE_LIFE = [
    assessments.router,
    goals.router,
    motivation.router,
    visits.router,
    cadence.router,
    housing.router,
    segments.router,
    deadlines.router,
    handovers.router,
    handovers.lists_router,
    returns.router,
]
"""What is done with a case between its assignment and its end."""

REGISTERS = [
    consultations.router,
    group_sessions.router,
    gaps.router,
    paths.router,
    placements.router,
    imports.router,
]
"""What a team keeps beside its cases."""


def build(settings: Settings) -> FastAPI:
    """The application."""
    return create_app(
        settings,
        [
            cases.router,
            assignment.router,
            waitlist.router,
            worklist.router,
            teams.teams_router,
            teams.workers_router,
            absences.router,
            intake_rules.router,
            capacity.router,
            *CASE_LIFE,
            *REGISTERS,
        ],
        title="nopsa caseload",
        description="Teams, workers, who takes which referral and why, and the cases they work.",
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
