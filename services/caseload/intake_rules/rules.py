"""When a pause of a team's intake holds, and what a rule may say; pure."""

from datetime import datetime
from uuid import UUID

from shared.contracts.codes import IntakeState


def state_at(state: IntakeState, until: datetime | None, now: datetime) -> IntakeState:
    """The state at a moment: a pause ends by itself when it says until when it is."""
    ended = until is not None and until <= now
    return IntakeState.OPEN if ended else state


def until_error(until: datetime | None, now: datetime) -> str | None:
    """Why a pause cannot end then."""
    return "in_the_past" if until is not None and until <= now else None


def redirect_error(
    team: UUID, guidance_unit: bool, redirect_to: UUID | None, *, known: bool
) -> tuple[str, str, str] | None:
    """Why a team cannot pause, or not in favour of that one: where, a code, and in words."""
    if guidance_unit:
        return "/state", "guidance_unit_stays_open", "nobody else would take whom no team can take"
    if redirect_to == team:
        return "/redirect_to", "redirects_to_itself", "name another team, or none"
    if redirect_to is not None and not known:
        return "/redirect_to", "team_unknown", "there is no such team"
    return None
