"""What of the reports the page is to show: the filter form, read and written again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from services.analytics.reports.report import OF_CASES
from services.analytics.reports.schemas import ReportQuery
from services.analytics.wording import catalogue as words
from shared.contracts.codes import AgeGroup, PartnerKind
from shared.contracts.municipalities import counties_by_municipality, names_of_counties

OPTIONS = ("on", "split_on", "target", "price_year")
FIELDS = ("from", "to", *OF_CASES, *OPTIONS)


@dataclass(frozen=True)
class Choice:
    """One value a field may have."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True)
class Field:
    """One field of the form. With choices it is a list to choose from."""

    name: str
    label: str
    value: str
    kind: str = "text"
    choices: tuple[Choice, ...] = ()


def default_period(today: date) -> tuple[date, date]:
    """The year that it is: a period of which everybody may be told (`reports.publication`)."""
    return date(today.year, 1, 1), date(today.year, 12, 31)


def sent(parameters: Mapping[str, str], today: date) -> dict[str, str]:
    """What was chosen; empty fields choose nothing, a period is always there."""
    first, last = default_period(today)
    chosen = {name: parameters[name].strip() for name in FIELDS if parameters.get(name, "").strip()}
    return {"from": str(first), "to": str(last)} | chosen


def read(chosen: Mapping[str, str], language: str) -> tuple[ReportQuery | None, list[str]]:
    """The question to the reports, or what is wrong with which field, in words."""
    try:
        query = ReportQuery.model_validate(dict(chosen))
    except ValidationError as error:
        names = dict.fromkeys(str(each["loc"][0]) for each in error.errors())
        return None, [_wrong(name, language) for name in names]
    if query.first > query.last:
        return None, [_wrong("to", language)]
    return query, []


def narrowed(query: ReportQuery, taken: set[str], language: str) -> tuple[ReportQuery, list[str]]:
    """The question as far as a report takes it, and by what filters it cannot be narrowed."""
    others = [
        name
        for name in (*OF_CASES, *OPTIONS)
        if name not in taken and getattr(query, name) is not None
    ]
    refused = [words.column(name, language) for name in others if name in OF_CASES]
    return query.model_copy(update=dict.fromkeys(others)), refused


def fields(chosen: Mapping[str, str], teams: list[str], language: str) -> list[Field]:
    """The filters of the form."""
    listed: dict[str, list[tuple[str, str]]] = {
        "team": [(team, words.meaning("team", team, language)) for team in teams],
        "county": [(code, _county(code, language)) for code in names_of_counties()],
        "municipality": _by_text(list(counties_by_municipality()), "municipality", language),
        "source_kind": _by_text(list(PartnerKind), "source_kind", language),
        "age_group": [(group, words.meaning("age_group", group, language)) for group in AgeGroup],
    }
    days = [
        Field(name, words.page(name, language), chosen.get(name, ""), "date")
        for name in ("from", "to")
    ]
    return days + [
        Field(
            name,
            words.column(name, language),
            chosen.get(name, ""),
            choices=tuple(
                Choice(value, text, value == chosen.get(name))
                for value, text in [("", words.page("all", language)), *values]
            ),
        )
        for name, values in listed.items()
    ]


def options(chosen: Mapping[str, str], language: str) -> list[Field]:
    """The fields that only some reports take."""
    kinds = {"on": "date", "split_on": "date"}
    return [
        Field(name, words.page(name, language), chosen.get(name, ""), kinds.get(name, "text"))
        for name in OPTIONS
    ]


def _by_text(codes: list[str], kind: str, language: str) -> list[tuple[str, str]]:
    named = [(str(code), words.meaning(kind, code, language)) for code in codes]
    return sorted(named, key=lambda pair: pair[1].casefold())


def _county(code: str, language: str) -> str:
    fi, sv = names_of_counties()[code]
    return sv if language == "sv" else fi


def _wrong(name: str, language: str) -> str:
    label = words.page(name, language) if name in ("from", "to", *OPTIONS) else name
    return words.page("wrong_value", language, field=label)
