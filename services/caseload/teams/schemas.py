"""Bodies of the team and worker endpoints."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.contracts.codes import Profession, Sector, Urgency
from shared.contracts.fields import County, Language, Municipality, Printable, TargetGroup


def _sorted_days(days: list[int]) -> list[int]:
    return sorted(set(days))


Hours = Annotated[float, Field(gt=0, le=1000)]
Competence = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
WorkingDays = Annotated[
    list[Annotated[int, Field(ge=1, le=7)]],
    Field(min_length=1, max_length=7, description="1 is Monday"),
    AfterValidator(_sorted_days),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ContactPolicy(_Body):
    """Within how many working hours the team wants to have contacted the client."""

    immediate: Hours = 2
    urgent: Hours = 8
    routine: Hours = 24

    def hours(self, urgency: Urgency) -> float:
        """The hours for an urgency."""
        return {
            Urgency.IMMEDIATE: self.immediate,
            Urgency.URGENT: self.urgent,
            Urgency.ROUTINE: self.routine,
        }[urgency]


class TeamBody(_Body):
    """What an administrator says of a team."""

    name: Annotated[str, Field(min_length=1, max_length=200), Printable]
    county: County
    municipalities: Annotated[
        list[Municipality], Field(max_length=310, description="whose residents the team serves")
    ]
    target_groups: Annotated[
        list[TargetGroup], Field(max_length=40, description="empty: everybody")
    ] = []
    contact_policy: ContactPolicy = ContactPolicy()
    guideline_caseload: Annotated[
        int, Field(ge=1, le=1000, description="open cases a worker should have at most")
    ] = 18
    meetings_per_worker_week: Annotated[float, Field(gt=0, le=100)] = 18
    guidance_unit: Annotated[
        bool, Field(description="takes what no team of the county can take")
    ] = False
    service_days_target: Annotated[int, Field(ge=1, le=3660)] = 90
    return_window_days: Annotated[
        int | None,
        Field(
            ge=0,
            le=3660,
            description="days in which a client simply comes back; the county's: null",
        ),
    ] = None


class TeamView(TeamBody):
    """A team as stored."""

    id: UUID


class WorkerBody(_Body):
    """What an administrator says of a worker. No name: the id is enough here."""

    team: UUID
    profession: Profession
    employer_sector: Annotated[
        Sector, Field(description="whose employee; the place of work is the team")
    ]
    competences: Annotated[list[Competence], Field(max_length=50)] = []
    languages: Annotated[list[Language], Field(max_length=20)] = ["fi"]
    capacity_points: Annotated[
        int, Field(ge=0, le=1000, description="open cases the worker can have at a time")
    ] = 18
    working_days: WorkingDays = [1, 2, 3, 4, 5]


class WorkerView(WorkerBody):
    """A worker as stored."""

    id: UUID
