"""Bodies of the client endpoints: a person as a professional reads them, and who is whom."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.referral.clients.matching import MatchFact
from shared.contracts.codes import AgeGroup


class PurposeOfUse(StrEnum):
    """Why a person's data are read; it is logged."""

    CARE = "care"
    COORDINATION = "coordination"
    ADMINISTRATION = "administration"


class Review(StrEnum):
    """What to look through."""

    POSSIBLE_MATCH = "possible-match"


class MatchState(StrEnum):
    """What became of a possible match."""

    OPEN = "open"
    LINKED = "linked"
    DISMISSED = "dismissed"


class IdentityView(BaseModel):
    """Who a person is and how to reach them, as far as anybody told."""

    identity_code: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    birth_date: date | None = None
    phone: str | None = None
    email: str | None = None
    whereabouts: str | None = None


class LinkedView(BaseModel):
    """Another ref of the same person, with what was told under it."""

    id: Annotated[UUID, Field(description="of the link, to undo it by")]
    linked_ref: UUID
    final: Annotated[bool, Field(description="merged: this cannot be undone")]
    linked_at: datetime
    identity: IdentityView


class ClientView(BaseModel):
    """A person. What the primary ref lacks is filled from the refs linked to it."""

    client_ref: Annotated[UUID, Field(description="the primary ref, also when asked by another")]
    identity: IdentityView
    municipality: str
    language: str
    age_group: AgeGroup
    non_disclosure_order: bool
    referral_ids: list[UUID]
    links: list[LinkedView]
    registered_at: datetime


class MatchView(BaseModel):
    """Two persons who may be one."""

    id: UUID
    clients: Annotated[list[UUID], Field(min_length=2, max_length=2)]
    score: Annotated[float, Field(ge=0, le=1, description="how much speaks for it")]
    agree: list[MatchFact]
    state: MatchState
    found_at: datetime


class LinkView(BaseModel):
    """Two refs of one person; `client_ref` is the one that is kept."""

    id: UUID
    client_ref: UUID
    linked_ref: UUID
    final: bool
    linked_at: datetime


class UnlinkedView(BaseModel):
    """Two persons who stand alone again."""

    client_ref: UUID
    unlinked_ref: UUID


class DismissedView(BaseModel):
    """Two persons of whom somebody said that they are not one."""

    client_ref: UUID
    other: UUID
    state: MatchState = MatchState.DISMISSED


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class LinkBody(_Body):
    """To whom a person is linked: one of the two."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    to: Annotated[UUID | None, Field(description="the client_ref that is kept")] = None
    identity_code: Annotated[
        str | None, Field(max_length=20, description="the person's, known now")
    ] = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.to is None) == (self.identity_code is None):
            raise PydanticCustomError("one_of_two", "give either to or identity_code")
        return self


class UnlinkBody(_Body):
    """Which link is undone: one of the two."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    link: Annotated[UUID | None, Field(description="the link's id")] = None
    from_ref: Annotated[
        UUID | None, Field(alias="from", description="the other client_ref of the link")
    ] = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.link is None) == (self.from_ref is None):
            raise PydanticCustomError("one_of_two", "give either link or from")
        return self


class MergeBody(_Body):
    """Into whom a person is merged, for good."""

    into: Annotated[UUID, Field(description="the client_ref that is kept")]


class DismissBody(_Body):
    """Who is not the same person."""

    other: UUID
