"""Settings of the caseload service."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.contracts.codes import CaseStatus
from shared.settings import PlatformSettings

Points = Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]


class CaseWeights(BaseSettings):
    """How many points an open case takes of its workers' capacity in each phase.

    A point is a meeting a week: 18 points are the guideline's 18 clients met weekly. A client who
    is let go gradually, or is being handed over, is met half as often. A county that finds new
    cases heavier sets 1.5 for the phases up to the assessment.
    """

    model_config = SettingsConfigDict(env_prefix="NOPSA_CASE_WEIGHT_", extra="ignore")

    assigned: Annotated[
        Points, Field(description="points of a case whose client is to be contacted")
    ] = Decimal(1)
    contacting: Annotated[
        Points, Field(description="points of a case whose client is being looked for")
    ] = Decimal(1)
    contacted: Annotated[Points, Field(description="points of a case whose client was reached")] = (
        Decimal(1)
    )
    assessment: Annotated[
        Points, Field(description="points of a case whose client is being assessed")
    ] = Decimal(1)
    support: Annotated[
        Points, Field(description="points of a case whose client has goals and visits")
    ] = Decimal(1)
    tapering: Annotated[
        Points, Field(description="points of a case whose client is let go gradually")
    ] = Decimal("0.5")
    handover: Annotated[
        Points, Field(description="points of a case whose client is being handed over")
    ] = Decimal("0.5")

    def by_status(self) -> Mapping[CaseStatus, Decimal]:
        """The weights by phase; what is closed weighs nothing."""
        return {CaseStatus(name): weight for name, weight in self.model_dump().items()}


@cache
def case_weights() -> Mapping[CaseStatus, Decimal]:
    """The weights of this process, for handlers of events as well as for requests."""
    return CaseWeights.model_validate({}).by_status()


class Settings(PlatformSettings):
    """The platform's settings under this service's name."""

    service_name: Annotated[str, Field(description="the name in logs, metrics and traces")] = (
        "caseload"
    )

    contact_attempts: Annotated[
        int, Field(ge=1, description="failed tries to reach a client that escalate the case")
    ] = 3
    open_goals: Annotated[int, Field(ge=1, description="goals a client has at a time")] = 3
    nurse_meetings: Annotated[
        int, Field(ge=0, description="meetings with a psychiatric nurse before a warning")
    ] = 3
    support_needs: Annotated[
        tuple[str, ...], Field(min_length=1, description="codes of a segment's support need")
    ] = ("light", "moderate", "intensive")
    complexities: Annotated[
        tuple[str, ...], Field(min_length=1, description="codes of a segment's complexity")
    ] = ("single_need", "several_needs", "complex")
    handover_answer_days: Annotated[
        int, Field(ge=1, description="days a receiving service has to answer a handover")
    ] = 14
    handover_sweep_seconds: Annotated[
        float, Field(gt=0, description="how often handovers that nobody answered are looked for")
    ] = 60.0
    deadline_sweep_seconds: Annotated[
        float, Field(gt=0, description="how often deadlines that have passed are looked for")
    ] = 5.0
    quiet_days: Annotated[
        int, Field(ge=1, description="days without a word of a client for whom no cadence is set")
    ] = 14
    return_window_days: Annotated[
        int, Field(ge=0, description="days after the end in which a client may simply come back")
    ] = 180

    job_lease_seconds: Annotated[
        float, Field(gt=0, description="an import of a worker silent for so long goes to another")
    ] = 15.0
    job_poll_seconds: Annotated[
        float, Field(gt=0, description="how often to look for imports to work on")
    ] = 1.0

    case_weights: CaseWeights = Field(default_factory=lambda: CaseWeights.model_validate({}))
    sweep_seconds: Annotated[
        float, Field(gt=0, description="how often room is looked for that came by itself")
    ] = 15.0
