"""Settings of the analytics service."""

from typing import Annotated

from pydantic import Field

from shared.settings import PlatformSettings


class Settings(PlatformSettings):
    """The platform's settings under this service's name."""

    service_name: Annotated[str, Field(description="the name in logs, metrics and traces")] = (
        "analytics"
    )

    reports_published_only: Annotated[
        bool,
        Field(
            description="callers without reports:internal see calendar periods and one filter only,"
            " so that no two answers give a small number away"
        ),
    ] = False
