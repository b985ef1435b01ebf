"""The reports counted from plain records of what happened, by the words of their definitions."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.calendar import working_hours_between
from tests.support.past import Case, Past, Record

FINLAND = ZoneInfo("Europe/Helsinki")
FIRST, LAST = date(2022, 1, 1), date(2022, 12, 31)
START = datetime(2021, 12, 31, 22, tzinfo=UTC)
END = datetime(2022, 12, 31, 22, tzinfo=UTC)
SPLIT, ON = date(2022, 4, 1), date(2022, 9, 1)
Data = dict[str, Any]


def within(at: datetime | None) -> bool:
    return at is not None and START <= at < END


def day(at: datetime) -> date:
    return at.astimezone(FINLAND).date()


def share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def quantile(values: list[float], part: float, digits: int = 1) -> float | None:
    """Between two values by linear interpolation."""
    if len(values) < 2:
        return round(values[0], digits) if values else None
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return round(cuts[round(part * 100) - 1], digits)


def open_in_period(case: Case) -> bool:
    return case.opened < END and (case.closed is None or case.closed >= START)


def durations(past: Past) -> Data:
    ended = [case for case in past.cases if within(case.closed)]

    def lasted(cases: Iterable[Case]) -> list[float]:
        return [float((day(case.closed) - day(case.opened)).days) for case in cases if case.closed]

    def figures(days: list[float]) -> Data:
        mean = round(sum(days) / len(days), 1) if days else None
        middle, most = quantile(days, 0.5), quantile(days, 0.9)
        return {"cases": len(days), "median_days": middle, "mean_days": mean, "p90_days": most}

    limits = {
        "up_to_1_month": 30,
        "1_to_3_months": 91,
        "3_to_6_months": 182,
        "6_to_12_months": 365,
        "over_1_year": 10**6,
    }

    def bucket(days: float) -> str:
        return next(name for name, most in limits.items() if days <= most)

    before = lasted(case for case in ended if day(case.opened) < SPLIT)
    after = lasted(case for case in ended if day(case.opened) >= SPLIT)
    counted = [Counter(map(bucket, days)) for days in (before + after, before, after)]
    rows = [
        {"bucket": name, "cases": whole[name], "before": one[name], "after": other[name]}
        for whole, one, other in [counted]
        for name in limits
    ]
    cohorts = [{"cohort": "before", **figures(before)}, {"cohort": "after", **figures(after)}]
    return {**figures(before + after), "rows": rows, "cohorts": cohorts}


def contact_times(past: Past) -> Data:
    reached = [
        (case, working_hours_between(case.received, case.contacted))
        for case in past.cases
        if case.received and case.contacted and within(case.contacted)
    ]

    def figures(cases: list[tuple[Case, float]]) -> Data:
        hours = [taken for _, taken in cases]
        in_time = sum(case.in_time for case, _ in cases)
        return {
            "n": len(cases),
            "within_deadline": in_time,
            "late": len(cases) - in_time,
            "median_working_hours": quantile(hours, 0.5, 2),
            "p90_working_hours": quantile(hours, 0.9, 2),
            "within_deadline_share": share(in_time, len(cases)),
        }

    groups = sorted({(case.source, case.urgency) for case, _ in reached})
    rows = []
    for source, urgency in groups:
        own = [pair for pair in reached if (pair[0].source, pair[0].urgency) == (source, urgency)]
        rows.append({"source_kind": source, "urgency": urgency, **figures(own)})
    return {**figures(reached), "rows": rows}


def visits(past: Past) -> Data:
    booked = [visit for visit in past.kept["visits"] if within(visit["at"])]

    def figures(some: list[Record]) -> Data:
        states = Counter(visit["state"] for visit in some)
        return {
            "booked": len(some),
            "kept": states["kept"],
            "cancelled": states["cancelled"],
            "open": states["booked"],
            "cancelled_share": share(states["cancelled"], len(some)),
        }

    kept = Counter(visit["location"] for visit in booked if visit["state"] == "kept")
    months = sorted({str(day(visit["at"]))[:7] for visit in booked})
    return {
        **figures(booked),
        "rows": [
            {"location": place, "kept": kept[place], "share": share(kept[place], kept.total())}
            for place in ("home", "outside", "office", "remote")
        ],
        "months": [
            {"month": month, **figures([v for v in booked if str(day(v["at"]))[:7] == month])}
            for month in months
        ],
    }


def service_ladder(past: Past) -> dict[tuple[str, str], int]:
    """Clients of each service and production."""
    there = {
        (placed["where"], placed["client"])
        for placed in past.kept["placements"]
        if placed["first"] <= ON and (placed["last"] is None or placed["last"] >= ON)
    }
    return Counter((service, production) for (service, production, _), _ in there)


def counterfactual(past: Past) -> dict[str, int]:
    """New clients by alternative."""
    by_client: dict[Any, list[Case]] = defaultdict(list)
    for case in past.cases:
        if open_in_period(case):
            by_client[case.client].append(case)
    found: Counter[str] = Counter()
    for cases in by_client.values():
        if min(case.opened for case in cases) < START:
            continue
        latest = sorted(cases, key=lambda case: case.opened, reverse=True)
        told = [case.alternative for case in latest if case.closed and case.alternative]
        found[told[0] if told else "unknown"] += 1
    return found


def age_groups(past: Past) -> dict[str, int]:
    latest: dict[Any, Case] = {}
    for case in sorted(past.cases, key=lambda case: case.opened):
        if open_in_period(case):
            latest[case.client] = case
    return Counter(case.age_group or "unknown" for case in latest.values())


def mobile_share(past: Past) -> dict[tuple[str, int], tuple[int, int]]:
    """Kept and mobile visits by team and year."""
    kept: Counter[tuple[str, int]] = Counter()
    mobile: Counter[tuple[str, int]] = Counter()
    for visit in past.kept["visits"]:
        if visit["state"] == "kept" and within(visit["at"]):
            key = (str(visit["case"].team), day(visit["at"]).year)
            kept[key] += 1
            mobile[key] += visit["location"] in ("home", "outside")
    return {key: (kept[key], mobile[key]) for key in kept}


def throughput(past: Past) -> dict[tuple[str, str], tuple[int, int, float | None]]:
    """Open cases, kept visits and days between them, by week and team."""
    found: dict[tuple[str, str], tuple[int, int, float | None]] = {}
    previous: dict[Any, datetime | None] = {}
    last: dict[Any, datetime] = {}
    kept = [visit for visit in past.kept["visits"] if visit["state"] == "kept"]
    kept.sort(key=lambda visit: (visit["at"], visit["id"]))
    for visit in kept:
        previous[visit["id"]] = last.get(visit["case"].id)
        last[visit["case"].id] = visit["at"]
    monday = FIRST - timedelta(days=FIRST.weekday())
    known = [case.opened for case in past.cases] + [v["at"] for v in past.kept["visits"]]
    earliest = day(min(known)) if known else LAST + timedelta(days=1)
    while monday <= LAST:
        begins, ends = (
            datetime.combine(monday + timedelta(days=days), datetime.min.time(), FINLAND)
            for days in (0, 7)
        )
        for team in {case.team for case in past.cases}:
            now_open = sum(
                case.team == team
                and case.opened < ends
                and (case.closed is None or case.closed >= ends)
                for case in past.cases
            )
            here = [v for v in kept if v["case"].team == team and begins <= v["at"] < ends]
            gaps = [
                (v["at"] - before).total_seconds() / 86400
                for v in here
                if (before := previous[v["id"]]) is not None
            ]
            mean = round(sum(gaps) / len(gaps), 1) if gaps else None
            if (now_open or here) and monday + timedelta(days=6) >= earliest:
                year, week, _ = monday.isocalendar()
                found[f"{year}-W{week:02}", str(team)] = (now_open, len(here), mean)
        monday += timedelta(days=7)
    return found
