"""Settings of the analytics service."""

from shared.settings import PlatformSettings


class Settings(PlatformSettings):
    """The platform's settings under this service's name."""

    service_name: str = "analytics"
