"""Every variable that a service reads from its environment, from its settings classes."""

import importlib
from collections.abc import Iterator

from pydantic_settings import BaseSettings

SERVICES = ("referral", "caseload", "consent", "analytics")
FOLDER_OF_SECRETS = "NOPSA_SECRETS_DIR"


def variables(service: str) -> set[str]:
    """The names, in capitals."""
    settings: type[BaseSettings] = importlib.import_module(f"services.{service}.settings").Settings
    return {FOLDER_OF_SECRETS, *names_of(settings)}


def names_of(settings: type[BaseSettings]) -> Iterator[str]:
    """The names of a class, and of the classes in it, which have prefixes of their own."""
    prefix = settings.model_config.get("env_prefix", "")
    for name, field in settings.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseSettings):
            yield from names_of(inner)
        else:
            alias = field.validation_alias
            yield alias if isinstance(alias, str) else f"{prefix}{name}".upper()
