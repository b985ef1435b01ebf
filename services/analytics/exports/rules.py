"""How an export is made coarse: k-anonymity by steps, and text that no spreadsheet runs; pure.

Every row is released at the first step at which at least k distinct persons share all that might be
known of them from elsewhere (place, team, source, age group, days). Rows that no step saves are
left out. See Samarati & Sweeney, "Protecting privacy when disclosing information" (1998), and
opinion 05/2014 of the Article 29 Working Party on anonymisation techniques.
"""

from dataclasses import dataclass

LEAST_K = 5
MOST_K = 1_000
ALL = "*"
"""What a code is when it is not told."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Step:
    """A coarseness: how days are told (as PostgreSQL formats them), and which codes are not."""

    description: str
    day_format: str
    untold: frozenset[str] = frozenset()


STEPS = (
    Step("as it is, days as months", "YYYY-MM"),
    Step("municipality not told", "YYYY-MM", frozenset({"municipality"})),
    Step("and days as years", "YYYY", frozenset({"municipality"})),
    Step("and team not told", "YYYY", frozenset({"municipality", "team"})),
    Step("and source not told", "YYYY", frozenset({"municipality", "team", "source_kind"})),
    Step(
        "and age group not told",
        "YYYY",
        frozenset({"municipality", "team", "source_kind", "age_group"}),
    ),
    Step(
        "and county not told",
        "YYYY",
        frozenset({"municipality", "team", "source_kind", "age_group", "county"}),
    ),
)


def harmless(value: object) -> object:
    """A value as a cell of a CSV file: text that a spreadsheet would run is led by an apostrophe
    (OWASP, CSV injection)."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
