"""Settings of the consent service."""

from typing import Annotated

from pydantic import Field

from shared.contracts.codes import Sector
from shared.settings import PlatformSettings


class Settings(PlatformSettings):
    """The platform's settings under this service's name."""

    service_name: Annotated[str, Field(description="the name in logs, metrics and traces")] = (
        "consent"
    )
    disclosure_seal_seconds: Annotated[
        float, Field(gt=0, description="how often the head of the disclosure log is told outside")
    ] = 60.0
    record_confirm_hours: Annotated[
        float, Field(gt=0, description="hours in which the records must confirm a document")
    ] = 24.0
    record_sweep_seconds: Annotated[
        float,
        Field(gt=0, description="how often unconfirmed documents and ended consents are sought"),
    ] = 5.0
    consent_sweep_seconds: Annotated[
        float, Field(gt=0, description="how often consents whose period is over are sought")
    ] = 5.0
    purchased_producers: Annotated[
        dict[str, frozenset[Sector]],
        Field(
            default_factory=dict,
            description="organisations, by id in lower case, that produce services inside the "
            'organiser\'s registers, and which, as JSON: {"1.2.246.10.1": ["social"]}',
        ),
    ]
