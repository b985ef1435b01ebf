"""The base of this service's tables."""

from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Base(SQLModel, registry=registry()):
    """Keeps this service's tables apart from the other services' ones."""
