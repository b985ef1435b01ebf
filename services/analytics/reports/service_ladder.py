"""Service ladder: clients of housing services on a day, by who produces them and by channel."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Subquery, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.reports.cases import cases
from services.analytics.reports.persons import persons
from services.analytics.reports.report import Data, Question, Report
from services.analytics.reports.rules import share
from services.analytics.reports.small_numbers import Cell, Protection, Sum
from services.analytics.tables import PlacementFact
from shared.contracts.codes import HousingService, Production, ServiceChannel

DEFINITION = (
    "Clients with a placement on the day `on`, its last day included; without `on`, on the last "
    "day of the period. A client counts once in each service, production and channel; one of two "
    "services counts in both, and totals are the sums. share_of_type: of the clients of the same "
    "service. totals: by step of the ladder, where communal and round-the-clock housing are one. "
    "channels: each count as a share of two denominators, `clients_of_production` (all clients of "
    "that production) and `clients_of_channel` (all clients of that channel); the denominator's "
    "size stands beside it. The source and the age group are those of the placement's case."
)
STEPS: dict[str, tuple[HousingService, ...]] = {
    "home_support": (HousingService.HOME_SUPPORT,),
    "supported": (HousingService.SUPPORTED,),
    "communal_and_round_the_clock": (HousingService.COMMUNAL, HousingService.ROUND_THE_CLOCK),
    "temporary": (HousingService.TEMPORARY,),
    "all": tuple(HousingService),
}
TYPES, PRODUCTIONS, CHANNELS = tuple(HousingService), tuple(Production), tuple(ServiceChannel)
COUNTS = ("clients", "own", "purchased", "denominator_clients")
_OF_CASE = ("municipality", "source_kind", "age_group")
Clients = Counter[tuple[str, str, str]]


async def compute(session: AsyncSession, question: Question) -> Data:
    """Rows for every service and production, totals for every step, both shares of channels."""
    clients = await _clients(session, question)
    rows = []
    for kind in TYPES:
        whole = _of(clients, kinds=(kind,))
        for production in PRODUCTIONS:
            count = _of(clients, kinds=(kind,), production=production)
            row = {"service_type": kind, "production": production, "clients": count}
            rows.append({**row, "share_of_type": share(count, whole)})
    return {
        "on": str(question.on or question.last_day),
        "rows": rows,
        "totals": [_total(clients, step) for step in STEPS],
        "channels": [
            _channel(clients, production, channel, denominator)
            for denominator in ("clients_of_production", "clients_of_channel")
            for production in PRODUCTIONS
            for channel in CHANNELS
        ],
    }


async def _clients(session: AsyncSession, question: Question) -> Clients:
    on = question.on or question.last_day
    placed = _placements(question.of_referral).c
    keys = (placed.service_type, placed.production, placed.channel)
    found = await session.execute(
        select(*keys, func.count(placed.person.distinct()))
        .where(
            placed.starts_on <= on,
            or_(placed.ends_on.is_(None), placed.ends_on >= on),
            *question.narrowing(placed),
        )
        .group_by(*keys)
    )
    return Counter({(kind, production, channel): n for kind, production, channel, n in found})


def _placements(of_referral: bool) -> Subquery:
    known, case = persons(), cases(of_referral, of_person=False)
    own = PlacementFact.__table__.c  # type: ignore[attr-defined]
    return (
        select(
            *(own[name] for name in ("service_type", "production", "channel")),
            own.starts_on,
            own.ends_on,
            func.coalesce(known.c.person, own.client_ref).label("person"),
            func.coalesce(own.team, case.c.team).label("team"),
            func.coalesce(own.county, case.c.county).label("county"),
            *(case.c[name] for name in _OF_CASE if name in case.c),
        )
        .outerjoin_from(PlacementFact, known, known.c.ref == own.client_ref)
        .outerjoin(case, case.c.case_id == own.case_id)
        .where(~col(PlacementFact.entered_in_error))
        .subquery()
    )


def _of(
    clients: Clients,
    *,
    kinds: tuple[HousingService, ...] = TYPES,
    production: str | None = None,
    channel: str | None = None,
) -> int:
    return sum(
        count
        for (kind, by, through), count in clients.items()
        if kind in kinds and production in (None, by) and channel in (None, through)
    )


def _total(clients: Clients, step: str) -> dict[str, Any]:
    whole = _of(clients, kinds=STEPS[step])
    own, purchased = (
        _of(clients, kinds=STEPS[step], production=production) for production in PRODUCTIONS
    )
    return {
        "step": step,
        "clients": whole,
        "own": own,
        "purchased": purchased,
        "own_share": share(own, whole),
        "purchased_share": share(purchased, whole),
        "denominator": "clients_of_step",
    }


def _channel(clients: Clients, production: str, channel: str, denominator: str) -> dict[str, Any]:
    count = _of(clients, production=production, channel=channel)
    of_production = denominator == "clients_of_production"
    within = {"production": production} if of_production else {"channel": channel}
    whole = _of(clients, **within)  # type: ignore[arg-type]
    return {
        "production": production,
        "channel": channel,
        "clients": count,
        "share": share(count, whole),
        "denominator": denominator,
        "denominator_clients": whole,
    }


def _sums(data: Mapping[str, Any]) -> Iterator[Sum]:
    """How rows, totals and channels hang together."""
    steps = list(STEPS)
    row_of = {(row["service_type"], row["production"]): n for n, row in enumerate(data["rows"])}
    everybody = steps.index("all")
    for number in range(len(steps)):
        yield Sum(
            ("totals", number, "clients"),
            tuple(("totals", number, production) for production in PRODUCTIONS),
        )
    for production in (*PRODUCTIONS, "clients"):
        parts = tuple(("totals", n, production) for n in range(len(steps)) if n != everybody)
        yield Sum(("totals", everybody, production), parts)
    for number, step in enumerate(steps):
        for production in PRODUCTIONS:
            of_step = tuple(("rows", row_of[kind, production], "clients") for kind in STEPS[step])
            yield Sum(("totals", number, production), of_step)
    for kind in TYPES:
        pair = [row_of[kind, each] for each in PRODUCTIONS]
        whole = sum(data["rows"][number]["clients"] for number in pair)
        yield Sum(whole, tuple(("rows", number, "clients") for number in pair))
    yield from _sums_of_channels(data, everybody)


def _sums_of_channels(data: Mapping[str, Any], everybody: int) -> Iterator[Sum]:
    cells: dict[tuple[str, str, str], Cell] = {
        (row["denominator"], row["production"], row["channel"]): ("channels", number)
        for number, row in enumerate(data["channels"])
    }
    for (denominator, production, channel), cell in cells.items():
        twin = cells["clients_of_production", production, channel]
        if twin != cell:
            yield Sum((*twin, "clients"), ((*cell, "clients"),))
        of_production = denominator == "clients_of_production"
        whole = (*cell, "denominator_clients")
        if of_production:
            yield Sum(("totals", everybody, production), (whole,))
        parts = tuple(
            (*other, "clients")
            for (same, by, through), other in cells.items()
            if same == denominator and (by == production if of_production else through == channel)
        )
        yield Sum(whole, parts)


REPORT = Report(
    DEFINITION,
    compute,
    columns=("service_type", "production", "clients", "share_of_type"),
    options=("on",),
    protects=Protection(
        counts=COUNTS,
        rests={
            "share_of_type": ("clients",),
            "own_share": ("clients", "own"),
            "purchased_share": ("clients", "purchased"),
            "share": ("clients", "denominator_clients"),
        },
        sums=_sums,
    ),
)
