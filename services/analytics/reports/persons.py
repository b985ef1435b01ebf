"""Counting persons, not pseudonyms: a person of two refs that are linked or merged counts once."""

from functools import cache
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, func
from sqlmodel import col

from services.analytics.tables import CaseFact, ClientAlias
from shared.aliases import persons_by_ref


@cache
def persons() -> CTE:
    """By `ref` the `person`, for an outer join: refs that stand alone are not in it. The same CTE
    always, so that a statement may ask for it in several places."""
    return persons_by_ref(ClientAlias)


def person_of_case(persons: CTE) -> ColumnElement[UUID]:
    """Whose case it is: the person behind its ref, or the ref itself for one that stands alone."""
    return func.coalesce(persons.c.person, col(CaseFact.client_ref))
