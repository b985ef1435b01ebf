"""A team whose workers have more open cases than they should is told of once, until it mends."""

from datetime import datetime

from services.caseload.tables import Team
from shared import outbox
from shared.contracts.caseload import CaseloadOverGuideline


def note(team: Team, workers: int, average: float, now: datetime) -> list[outbox.Message]:
    """Keeps on the locked team whether its average is over the guideline; tells when it gets so."""
    over = average > team.guideline_caseload
    if over == team.over_guideline:
        return []
    team.over_guideline = over
    if not over:
        return []
    team.version += 1
    event = CaseloadOverGuideline(
        aggregate_id=team.id,
        version=team.version,
        occurred_at=now,
        team=team.id,
        workers=workers,
        open_cases_per_worker=round(average, 2),
        guideline_caseload=team.guideline_caseload,
    )
    return [outbox.message(event, key=team.id)]
