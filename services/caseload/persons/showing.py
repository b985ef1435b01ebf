"""What else a team has of the same person, shown with each case and place in line.

Of another team's work nothing is told: that is out of the team's sight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypedDict
from uuid import UUID

from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.persons.queries import persons_of
from services.caseload.tables import Case, WaitlistPlace
from shared.aliases import Persons
from shared.contracts.codes import CaseStatus


class SamePerson(TypedDict):
    """The fields of a view that tell whose it is."""

    person: UUID
    same_person_as: list[UUID]


class Open(NamedTuple):
    """An open case, or a place in line."""

    id: UUID
    client_ref: UUID
    team: UUID | None


@dataclass(frozen=True)
class Company:
    """Who some clients are, and what is open of those that have several refs."""

    persons: Persons
    going_on: Sequence[Open] = ()

    def of(self, shown: Case | WaitlistPlace) -> SamePerson:
        """The person of a case or place, and what else its team has of them."""
        refs = self.persons.refs(shown.client_ref)
        others = [
            other.id
            for other in self.going_on
            if other.client_ref in refs and other.team == shown.team and other.id != shown.id
        ]
        return SamePerson(
            person=self.persons.primary(shown.client_ref), same_person_as=sorted(others)
        )


async def company_of(session: AsyncSession, shown: Sequence[Case | WaitlistPlace]) -> Company:
    """What the views of these need; one query while nobody is linked."""
    persons = await persons_of(session, {each.client_ref for each in shown})
    linked = {*persons.links, *persons.links.values()}
    if not linked:
        return Company(persons)
    cases = select(col(Case.id), col(Case.client_ref), col(Case.team)).where(
        col(Case.client_ref).in_(linked), col(Case.status) != CaseStatus.CLOSED
    )
    places = select(
        col(WaitlistPlace.id), col(WaitlistPlace.client_ref), col(WaitlistPlace.team)
    ).where(col(WaitlistPlace.client_ref).in_(linked))
    rows = await session.execute(select(union_all(cases, places).subquery()))
    return Company(persons, [Open(row.id, row.client_ref, row.team) for row in rows])
