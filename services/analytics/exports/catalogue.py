"""The tables that may be exported, each with its data dictionary."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import Select

from services.analytics.exports import facts

Type = Literal["string", "integer", "boolean"]


class Role(StrEnum):
    """What a column is to somebody who looks for a person: a `day` and a `code` may be known from
    elsewhere, and are made coarse; an `attribute` is what would be learnt."""

    PSEUDONYM = "pseudonym"
    PRECISION = "precision"
    DAY = "day"
    CODE = "code"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True)
class Column:
    """A column, and what stands in it."""

    name: str
    role: Role
    description: str
    type: Type = "string"


@dataclass(frozen=True)
class Table:
    """A table: `rows` selects `person`, the days and codes as they are, and the attributes."""

    description: str
    rows: Callable[[], Select[Any]]
    columns: tuple[Column, ...]

    def of_role(self, *roles: Role) -> list[Column]:
        """The columns of these roles, in their order."""
        return [column for column in self.columns if column.role in roles]


class TableName(StrEnum):
    """The tables there are."""

    CASES = "cases"
    REFERRALS = "referrals"
    VISITS = "visits"
    PLACEMENTS = "placements"
    HANDOVERS = "handovers"
    HOUSING_CHANGES = "housing-changes"
    MOTIVATION = "motivation"
    GOALS = "goals"
    SEGMENTS = "segments"
    CONSENTS = "consents"


CLIENT = Column(
    "client",
    Role.PSEUDONYM,
    "The same in all rows of one person that are otherwise alike in days and codes, in this export "
    "alone: rows of one person that differ in these, other tables and other exports have others.",
)
PRECISION = Column(
    "precision", Role.PRECISION, "Which step of coarseness the row needed, from 0.", "integer"
)


def _day(name: str, description: str) -> Column:
    return Column(name, Role.DAY, f"{description}; month or year, in Finland.")


def _told(name: str, description: str, type: Type = "string") -> Column:
    return Column(name, Role.ATTRIBUTE, description, type)


COUNTY = Column("county", Role.CODE, "Code of the wellbeing services county, two digits.")
MUNICIPALITY = Column("municipality", Role.CODE, "Code of the municipality, three digits.")
TEAM = Column("team", Role.CODE, "Id of the team.")
SOURCE = Column("source_kind", Role.CODE, "What kind of organisation referred the client.")
AGE = Column("age_group", Role.CODE, "Age group at the referral.")
CODES = (COUNTY, MUNICIPALITY, TEAM, SOURCE, AGE)


def _table(
    description: str, rows: Callable[[], Select[Any]], days: tuple[Column, ...], *told: Column
) -> Table:
    return Table(description, rows, (CLIENT, PRECISION, *days, *CODES, *told))


TABLES: dict[TableName, Table] = {
    TableName.CASES: _table(
        "A case, from the day it was assigned to the day it was closed.",
        facts.cases_told,
        (
            _day("opened", "When the case was assigned"),
            _day("closed", "When it was closed; empty while it is open"),
        ),
        _told("open_for", "How long the case was open: under_1, 1_to_3, 3_to_6, over_6 (months)."),
        _told("closing_reason", "Why it was closed."),
        _told("alternative_service", "What would have been given without this service."),
        _told("is_return", "Whether the client came back from an earlier case.", "boolean"),
        _told("contacted_in_time", "Whether the first contact was within its deadline.", "boolean"),
    ),
    TableName.REFERRALS: _table(
        "A referral that was received; of those entered in error there is none.",
        facts.referrals_told,
        (_day("received", "When it was received"),),
        _told("urgency", "How urgent its sender said it is."),
        _told("housing_status", "How the client lived."),
        _told("eviction_stage", "How far an eviction had come."),
        _told("outcome", "What the teams did with it last."),
        _told("cancelled", "Whether its sender took it back.", "boolean"),
    ),
    TableName.VISITS: _table(
        "A visit that was booked.",
        facts.visits_told,
        (_day("scheduled", "For when it was booked"),),
        _told("location", "Where: home, outside, office, remote."),
        _told("state", "booked, kept or cancelled."),
    ),
    TableName.PLACEMENTS: _table(
        "A client's place on the service ladder.",
        facts.placements_told,
        (_day("starts", "Its first day"), _day("ends", "Its last day; empty while it goes on")),
        _told("service_type", "The step of the ladder."),
        _told("production", "own or purchased."),
        _told("channel", "on_site, mobile or digital."),
    ),
    TableName.HANDOVERS: _table(
        "A warm handover to another service.",
        facts.handovers_told,
        (_day("proposed", "When it was proposed"),),
        _told("receiver_kind", "What kind of organisation receives."),
        _told("came_to", "proposed, accepted, declined, confirmed or failed."),
        _told("weeks_to_confirm", "Whole weeks from the proposal to the confirmation.", "integer"),
        _told("attached", "Whether the client was still there after 90 days.", "boolean"),
    ),
    TableName.HOUSING_CHANGES: _table(
        "A change of how a client lives.",
        facts.housing_told,
        (_day("changed", "When it was told"),),
        _told("from_status", "How the client lived before."),
        _told("to_status", "How the client lives since."),
    ),
    TableName.MOTIVATION: _table(
        "Motivation points of a moment. Falling points can mean that the need has fallen.",
        facts.motivation_told,
        (_day("recorded", "When they were written down"),),
        _told("value", "From 1 to 10.", "integer"),
    ),
    TableName.GOALS: _table(
        "A goal of a client's plan.",
        facts.goals_told,
        (_day("set", "When it was set"),),
        _told("area", "What it is about."),
        _told("state", "set, attained or dropped."),
    ),
    TableName.SEGMENTS: _table(
        "A client's segment from a moment on.",
        facts.segments_told,
        (_day("since", "From when on"),),
        _told("support_need", "How much support the client needs."),
        _told("complexity", "How complex the situation is."),
    ),
    TableName.CONSENTS: Table(
        "A consent or a denial of a client.",
        facts.consents_told,
        (
            CLIENT,
            PRECISION,
            _day("said", "When it was given or denied"),
            _told("word", "consent or denial."),
            _told("direction", "Between whom; of a denial of everything, empty."),
            _told("revoked", "Whether it was taken back.", "boolean"),
        ),
    ),
}
