"""Which cases a caller may see; all others are not there for it."""

from uuid import UUID

from sqlalchemy import ColumnElement, false, true
from sqlalchemy.orm import Mapped

from shared.auth import Caller


def in_sight(caller: Caller, team: Mapped[UUID] | Mapped[UUID | None]) -> ColumnElement[bool]:
    """A condition on the column that holds a row's team.

    A caller that speaks for a team sees that team's rows; one that speaks for something else
    sees none; one that speaks for nobody in particular (an administrator) sees all.
    """
    if caller.org is None:
        return true()
    try:
        return team == UUID(caller.org)
    except ValueError:
        return false()
