"""Which figures of each report are drawn, and how: one table, to be read beside the interface."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.analytics.reports.catalogue import ReportName

MOST_BARS = 14
MOST_LINES = 5


@dataclass(frozen=True)
class Bars:
    """A bar for each of the `values` of each row of a table, named `by` its codes; without a table,
    of the report's own figures. `where` picks rows, `ranked` puts the largest first, `ranges` names
    the low and the high figure of a value, `flag` a column that marks a row when it is false."""

    table: str | None
    by: tuple[str, ...]
    values: tuple[str, ...]
    title: str = ""
    where: tuple[tuple[str, str], ...] = ()
    ranked: bool = False
    ranges: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    flag: str | None = None


@dataclass(frozen=True)
class Lines:
    """A line over weeks or months for each of the `values`, or for each code in the column `by`."""

    table: str
    over: str
    values: tuple[str, ...]
    by: str | None = None
    title: str = ""


Panel = Bars | Lines

_FLOW = (
    "distinct_clients",
    "new",
    "earlier",
    "new_ended",
    "new_continuing",
    "earlier_ended",
    "earlier_continuing",
    "ended",
    "open_at_end",
)
_HANDOVERS = (
    "proposed",
    "accepted",
    "declined",
    "confirmed",
    "failed",
    "returned",
    "attached_after_90_days",
    "lost_after_90_days",
)
_EVICTIONS = ("evictions_threatened", "evictions_averted", "evictions_not_averted")
_COSTS = {
    name: (name.replace("_eur", "_low_eur"), name.replace("_eur", "_high_eur"))
    for name in ("service_cost_eur", "alternative_cost_eur")
}

PANELS: dict[ReportName, tuple[Panel, ...]] = {
    ReportName.CLIENT_FLOW: (Bars(None, (), _FLOW),),
    ReportName.REFERRAL_SOURCES: (
        Bars("rows", ("source_kind",), ("referrals", "accepted"), ranked=True),
    ),
    ReportName.ENDINGS: (Bars("rows", ("closing_reason",), ("cases",), ranked=True),),
    ReportName.DURATIONS: (
        Bars("rows", ("bucket",), ("cases",)),
        Bars("rows", ("bucket",), ("before", "after"), "by_cohort"),
    ),
    ReportName.CONTACT_TIMES: (
        Bars(
            "rows",
            ("source_kind", "urgency"),
            ("median_working_hours", "p90_working_hours"),
            "in_working_hours",
        ),
    ),
    ReportName.VISITS: (
        Lines("months", "month", ("kept", "cancelled"), title="by_month"),
        Bars("rows", ("location",), ("kept",), "by_location"),
    ),
    ReportName.THROUGHPUT: (
        Lines("rows", "week", ("open_cases",), "team", "open_cases_by_week"),
        Lines("rows", "week", ("cases_per_worker",), "team", "cases_per_worker_by_week"),
    ),
    ReportName.SERVICE_LADDER: (
        Bars("totals", ("step",), ("own", "purchased"), "clients_by_step"),
        Bars(
            "channels",
            ("production", "channel"),
            ("share",),
            "channels_of_production",
            where=(("denominator", "clients_of_production"),),
        ),
    ),
    ReportName.MOBILE_SHARE: (Bars("rows", ("unit", "year"), ("share",), "of_kept_visits"),),
    ReportName.COUNTERFACTUAL_COST: (
        Bars(None, (), tuple(_COSTS), "costs_compared", ranges=_COSTS),
        Bars(
            "rows",
            ("alternative_service",),
            ("clients",),
            "clients_by_alternative",
            flag="true_alternative",
        ),
    ),
    ReportName.SERVICE_GAPS: (
        Bars("rows", ("type", "service", "municipality"), ("reported", "open"), ranked=True),
    ),
    ReportName.HANDOVERS: (Bars(None, (), _HANDOVERS),),
    ReportName.HOUSING_OUTCOMES: (
        Bars(None, (), _EVICTIONS),
        Bars("rows", ("from", "to"), ("clients",), "housing_moves", ranked=True),
    ),
    ReportName.GOALS: (Bars("rows", ("area",), ("set", "attained"), ranked=True),),
    ReportName.MOTIVATION: (Bars("rows", ("change",), ("cases",)),),
    ReportName.CONSENTS: (
        Bars("rows", ("direction",), ("given", "revoked", "in_force", "denied")),
    ),
    ReportName.SEGMENTS: (Bars("rows", ("support_need", "complexity"), ("clients",), ranked=True),),
    ReportName.AGE_GROUPS: (Bars("rows", ("age_group",), ("clients",)),),
    ReportName.MULTI_SERVICE: (
        Bars(None, (), ("clients", "clients_with_path", "clients_without_path")),
        Bars("rows", ("organisations",), ("clients",), "by_organisations"),
    ),
}
