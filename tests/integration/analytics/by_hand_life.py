"""Like `by_hand`: the reports on what happens in cases, around them, and to their clients."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.integration.analytics.by_hand import (
    END,
    LAST,
    Data,
    open_in_period,
    quantile,
    share,
    within,
)
from tests.support.past import Past, Record


def handovers(past: Past) -> Data:
    proposed = [one for one in past.kept["handovers"] if within(one["at"])]
    previous = {case.previous for case in past.cases}

    def figures(some: list[Record]) -> Data:
        steps = Counter(step for one in some for step in one["steps"])
        days = [float(one["steps"]["confirmed"]) for one in some if "confirmed" in one["steps"]]
        back = [o for o in some if "confirmed" in o["steps"] and o["case"].id in previous]
        followed = steps["attached"] + steps["lost"]
        return {
            "proposed": len(some),
            **{name: steps[name] for name in ("accepted", "declined", "confirmed", "failed")},
            "returned": len(back),
            "followed_up_after_90_days": followed,
            "attached_after_90_days": steps["attached"],
            "lost_after_90_days": steps["lost"],
            "median_days_to_confirm": quantile(days, 0.5),
            "attached_after_90_days_share": share(steps["attached"], followed),
        }

    kinds = sorted({one["receiver"] for one in proposed})
    rows = [
        {"receiver_kind": kind, **figures([one for one in proposed if one["receiver"] == kind])}
        for kind in kinds
    ]
    return {**figures(proposed), "rows": rows}


def goals(past: Past) -> Data:
    were_set = [goal for goal in past.kept["goals"] if within(goal["at"])]

    def figures(some: list[Record]) -> Data:
        states = Counter(goal["state"] for goal in some)
        return {
            "set": len(some),
            "attained": states["attained"],
            "dropped": states["dropped"],
            "open": states["set"],
            "attained_share": share(states["attained"], len(some)),
        }

    areas = sorted({goal["area"] for goal in were_set})
    rows = [{"area": a, **figures([g for g in were_set if g["area"] == a])} for a in areas]
    return {**figures(were_set), "rows": rows}


def motivation(past: Past) -> list[int]:
    """Cases with more, as many, and fewer points at the end."""
    of_case: dict[Any, list[Record]] = defaultdict(list)
    for one in past.kept["motivation"]:
        if within(one["at"]):
            of_case[one["case"].id].append(one)
    changes = []
    for readings in of_case.values():
        ordered = sorted(readings, key=lambda one: (one["at"], one["version"]))
        if len(ordered) > 1:
            changes.append(ordered[-1]["value"] - ordered[0]["value"])
    return [
        sum(change > 0 for change in changes),
        sum(change == 0 for change in changes),
        sum(change < 0 for change in changes),
    ]


def segments(past: Past) -> dict[tuple[str, str], int]:
    latest: dict[Any, Record] = {}
    order: Callable[[Record], Any] = lambda one: (one["at"], one["version"])  # noqa: E731
    for one in sorted(past.kept["segments"], key=order):
        if one["at"] < END and open_in_period(one["case"]):
            latest[one["case"].client] = one
    return Counter(one["segment"] for one in latest.values())


def multi_service(past: Past) -> Data:
    there = [
        path for path in past.kept["paths"] if path["at"] < END and open_in_period(path["case"])
    ]
    latest: dict[Any, Record] = {}
    for path in sorted(there, key=lambda path: path["case"].opened):
        latest[path["case"].client] = path
    overdue = [
        path
        for path in latest.values()
        if path["review"] < LAST and (path["case"].closed is None or path["case"].closed >= END)
    ]
    clients = {case.client for case in past.cases if open_in_period(case)}
    organisations = Counter(path["organisations"] for path in latest.values())
    return {
        "clients": len(clients),
        "clients_with_path": len(latest),
        "clients_without_path": len(clients) - len(latest),
        "share": share(len(latest), len(clients)),
        "reviews_overdue": len(overdue),
        "rows": [{"organisations": n, "clients": organisations[n]} for n in sorted(organisations)],
    }


def service_gaps(past: Past) -> dict[tuple[str, str], tuple[int, int]]:
    reported: Counter[tuple[str, str]] = Counter()
    still: Counter[tuple[str, str]] = Counter()
    for gap in past.kept["gaps"]:
        if within(gap["at"]):
            reported[gap["type"], gap["service"]] += 1
            still[gap["type"], gap["service"]] += not gap["resolved"]
    return {key: (reported[key], still[key]) for key in reported}


def housing_moves(past: Past) -> dict[tuple[str, str], int]:
    of_client: dict[Any, list[Record]] = defaultdict(list)
    for move in past.kept["moves"]:
        if within(move["at"]):
            of_client[move["client"]].append(move)
    found: Counter[tuple[str, str]] = Counter()
    for moves in of_client.values():
        ordered = sorted(moves, key=lambda move: (move["at"], move["order"]))
        found[ordered[0]["lived"] or "unknown", ordered[-1]["lives"]] += 1
    return found


def evictions(past: Past) -> tuple[int, int]:
    """Threatened, and averted."""
    since: dict[Any, datetime] = {}
    for referral in past.kept["referrals"]:
        if within(referral["at"]) and referral["eviction_stage"] in ("warning", "court"):
            client = referral["client"]
            since[client] = min(referral["at"], since.get(client, referral["at"]))
    averted = 0
    for client, at in since.items():
        moves = [m for m in past.kept["moves"] if m["client"] == client and m["at"] >= at]
        moves.sort(key=lambda move: (move["at"], move["order"]))
        averted += bool(moves) and moves[-1]["lives"] == "housed"
    return len(since), averted


def consents(past: Past) -> dict[str, tuple[int, int, int, int]]:
    """Given, revoked, in force and denied, by direction."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in past.kept["consents"]:
        counts, revoked = found[one["direction"]], one["revoked"]
        counts[0] += within(one["at"])
        counts[1] += within(revoked)
        counts[2] += one["at"] < END and (revoked is None or revoked >= END)
    for one in past.kept["denials"]:
        found["every_direction"][3] += within(one["at"])
    return {name: (a, b, c, d) for name, (a, b, c, d) in found.items() if any((a, b, c, d))}
