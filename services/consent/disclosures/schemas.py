"""The client's disclosure log, and the proof of it, as callers see them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.consent.disclosures.acts import Act, Kind
from services.consent.disclosures.rules import Fault
from shared.contracts.codes import DisclosedClass

HEAD = r"^[0-9a-f]{64}$"


class Who(BaseModel):
    """Who acted: ids, and the kind in words. Names are known where these are kept."""

    kind: Kind
    text: str
    client_id: Annotated[str, Field(description="the system or process that acted")]
    organisation: Annotated[str | None, Field(description="whom it speaks for")]
    worker: Annotated[str | None, Field(description="the worker at the screen, if one is known")]


class What(BaseModel):
    """Which of the client's data, and what was done with them."""

    act: Act
    data_class: DisclosedClass
    text: str
    action: Annotated[str, Field(description="as the service's own log has it")]
    subject_type: str
    subject_id: UUID | None


class Why(BaseModel):
    """For what, and on what basis; null where the act named none."""

    purpose: str | None
    purpose_text: str | None
    basis: str | None
    basis_text: str | None


class DisclosureView(BaseModel):
    """One use or disclosure of the client's data."""

    id: UUID
    number: Annotated[int, Field(description="its place in the chain of the log")]
    at: datetime
    client_ref: UUID
    service: str
    who: Who
    receiver: Annotated[str | None, Field(description="who was told, when something was sent")]
    what: What
    why: Why
    text: Annotated[
        str,
        Field(
            description="all of it in plain words",
            examples=[
                "23.11.2026 klo 9.15: työntekijä (01980000-0000-7000-8000-000000000301) katsoi "
                "asiakkuutesi tietoja. Tarkoitus: hoito ja palvelu."
            ],
        ),
    ]


class Since(StrEnum):
    """Where a proof begins."""

    BEGINNING = "beginning"
    SEAL = "seal"
    KNOWN = "known"


class BrokenView(BaseModel):
    """The first row that is not as it was written.

    `changed`: its content does not fit its hash. `missing`: it is not there. `truncated`: it and
    all behind it are gone. `rewritten`: it is whole, but not the one that was sealed or noted.
    `unaccounted`: it is behind the head.
    """

    row: int
    fault: Fault


class SealView(BaseModel):
    """How far the log reached when it was last told outside."""

    rows: int
    head: str
    at: datetime


class ProofView(BaseModel):
    """Whether the log is whole. Note `rows` and `head` elsewhere: with them you can prove later
    that nothing of what you saw now is gone or changed."""

    whole: bool
    rows: Annotated[int, Field(description="how many rows the log has by its head")]
    head: Annotated[str, Field(description="SHA-256 of the last row, which holds all before it")]
    from_row: Annotated[int, Field(description="the first row that was looked at")]
    checked: Annotated[int, Field(description="rows found whole")]
    first_broken: BrokenView | None
    seal: SealView | None
