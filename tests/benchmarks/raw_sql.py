"""What an analyst without projections would ask of a plain table of events, for every report: the
report's main figures by one scan and `GROUP BY`.

$1 and $2 bound the period, $3 is a county or null for all. `figures` takes the same figures out of
the report's answer, so that both sides can be compared before they are timed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_HERE = "$1::timestamptz < $2::timestamptz AND ($3::text IS NULL OR county = $3)"
_WITHIN = "occurred_at >= $1 AND occurred_at < $2"
_ON = "(($2::timestamptz - interval '1 microsecond') AT TIME ZONE 'Europe/Helsinki')::date"


def _of(event: str) -> str:
    return f"type = 'nopsa.{event}.v1'"


_CASES = f"""
    cases AS (
        SELECT aggregate_id, client_ref, min(team::text) AS team,
            min(occurred_at) FILTER (WHERE {_of("case.assigned")}) AS opened,
            min(occurred_at) FILTER (WHERE {_of("case.closed")}) AS closed,
            min(data->>'alternative_service') FILTER (WHERE {_of("case.closed")}) AS alternative
        FROM events
        WHERE type IN ('nopsa.case.assigned.v1', 'nopsa.case.closed.v1') AND {_HERE}
        GROUP BY aggregate_id, client_ref
    )
"""
_OPEN = "opened < $2 AND (closed IS NULL OR closed >= $1)"
_VISITS = f"""
    visits AS (
        SELECT DISTINCT ON (data->>'visit_id')
            type, aggregate_id, team, data->>'visit_id' AS visit, data->>'location' AS location,
            (data->>'scheduled_at')::timestamptz AS at
        FROM events
        WHERE type LIKE 'nopsa.case.visit-%' AND {_HERE}
        ORDER BY data->>'visit_id', version DESC
    )
"""
_EVICTIONS = ("evictions_threatened", "evictions_averted")
_KEPT = _of("case.visit-kept")


@dataclass(frozen=True)
class Raw:
    """A statement, and the same figures from the report's data."""

    statement: str
    figures: Callable[[Mapping[str, Any]], list[tuple[Any, ...]]]


def _rows(*names: str) -> Callable[[Mapping[str, Any]], list[tuple[Any, ...]]]:
    return lambda data: [tuple(row[name] for name in names) for row in data["rows"]]


def _named(*names: str) -> Callable[[Mapping[str, Any]], list[tuple[Any, ...]]]:
    return lambda data: [tuple(data[name] for name in names)]


RAW: dict[str, Raw] = {
    "client-flow": Raw(
        f"""WITH {_CASES}, clients AS (
            SELECT bool_or(opened < $1) AS earlier, bool_or(closed IS NULL OR closed >= $2) AS stays
            FROM cases WHERE {_OPEN} GROUP BY client_ref)
        SELECT count(*), count(*) FILTER (WHERE earlier), count(*) FILTER (WHERE stays)
        FROM clients""",
        _named("distinct_clients", "earlier", "open_at_end"),
    ),
    "referral-sources": Raw(
        f"""SELECT data->>'source_kind', count(*) FROM events
        WHERE {_of("referral.received")} AND {_HERE}
            AND (data->>'received_at')::timestamptz >= $1
            AND (data->>'received_at')::timestamptz < $2
        GROUP BY 1""",
        _rows("source_kind", "referrals"),
    ),
    "endings": Raw(
        f"""SELECT data->>'reason', count(*) FROM events
        WHERE {_of("case.closed")} AND {_HERE} AND {_WITHIN} GROUP BY 1""",
        _rows("closing_reason", "cases"),
    ),
    "durations": Raw(
        f"""WITH {_CASES}, ended AS (
            SELECT (closed AT TIME ZONE 'Europe/Helsinki')::date
                - (opened AT TIME ZONE 'Europe/Helsinki')::date AS days
            FROM cases WHERE closed >= $1 AND closed < $2)
        SELECT count(*), round(percentile_cont(0.5) WITHIN GROUP (ORDER BY days)::numeric, 1)::float
        FROM ended""",
        _named("cases", "median_days"),
    ),
    "contact-times": Raw(
        f"""SELECT count(*), count(*) FILTER (WHERE (data->>'within_deadline')::boolean)
        FROM events WHERE {_of("case.contacted")} AND {_HERE} AND {_WITHIN}""",
        _named("n", "within_deadline"),
    ),
    "visits": Raw(
        f"""WITH {_VISITS}
        SELECT location, count(*) FILTER (WHERE {_KEPT}) FROM visits
        WHERE at >= $1 AND at < $2 GROUP BY 1""",
        lambda data: [(row["location"], row["kept"]) for row in data["rows"] if row["kept"]],
    ),
    "throughput": Raw(
        f"""WITH {_CASES}, {_VISITS}, weeks AS (
            SELECT begins AT TIME ZONE 'Europe/Helsinki' AS begins,
                (begins + interval '7 days') AT TIME ZONE 'Europe/Helsinki' AS ends
            FROM generate_series(
                date_trunc('week', $1 AT TIME ZONE 'Europe/Helsinki'),
                ($2 - interval '1 microsecond') AT TIME ZONE 'Europe/Helsinki',
                interval '7 days') AS begins),
        open_cases AS (
            SELECT begins, team, count(*) AS cases FROM weeks JOIN cases
                ON opened < ends AND (closed IS NULL OR closed >= ends) GROUP BY 1, 2),
        kept AS (
            SELECT team::text, at, at - lag(at) OVER (PARTITION BY aggregate_id ORDER BY at, visit)
                AS since
            FROM visits WHERE {_KEPT}),
        met AS (
            SELECT begins, team, count(*) AS visits, avg(since) AS between
            FROM weeks JOIN kept ON at >= begins AND at < ends GROUP BY 1, 2)
        SELECT to_char(begins AT TIME ZONE 'Europe/Helsinki', 'IYYY-"W"IW'), team,
            coalesce(cases, 0), coalesce(visits, 0), between
        FROM open_cases FULL JOIN met USING (begins, team)""",
        _rows("week", "team", "open_cases", "kept_visits"),
    ),
    "service-ladder": Raw(
        f"""WITH placed AS (
            SELECT aggregate_id, min(client_ref::text) AS person,
                min(data->>'service_type') AS service, min(data->>'production') AS production,
                min((data->>'starts_on')::date) AS first, min((data->>'ends_on')::date) AS last
            FROM events WHERE type IN ('nopsa.case.placed.v1', 'nopsa.case.placement-ended.v1')
                AND {_HERE} GROUP BY 1)
        SELECT service, production, count(DISTINCT person) FROM placed
        WHERE first <= {_ON} AND (last IS NULL OR last >= {_ON}) GROUP BY 1, 2""",
        lambda data: [
            (row["service_type"], row["production"], row["clients"])
            for row in data["rows"]
            if row["clients"]
        ],
    ),
    "mobile-share": Raw(
        f"""WITH {_VISITS}
        SELECT team::text, extract(year FROM at AT TIME ZONE 'Europe/Helsinki')::int, count(*),
            count(*) FILTER (WHERE location IN ('home', 'outside'))
        FROM visits WHERE {_KEPT} AND at >= $1 AND at < $2 GROUP BY 1, 2""",
        _rows("unit", "year", "kept", "mobile"),
    ),
    "counterfactual-cost": Raw(
        f"""WITH {_CASES}, new AS (
            SELECT (array_agg(alternative ORDER BY opened DESC)
                FILTER (WHERE alternative IS NOT NULL))[1] AS alternative
            FROM cases WHERE {_OPEN} GROUP BY client_ref HAVING min(opened) >= $1)
        SELECT coalesce(alternative, 'unknown'), count(*) FROM new GROUP BY 1""",
        lambda data: [
            (row["alternative_service"], row["clients"]) for row in data["rows"] if row["clients"]
        ],
    ),
    "service-gaps": Raw(
        f"""WITH gaps AS (
            SELECT min(occurred_at) AS at, bool_or({_of("gap.resolved")}) AS resolved,
                min(data->>'type') AS type, min(data->>'service') AS service,
                min(data->>'municipality') AS municipality
            FROM events WHERE type LIKE 'nopsa.gap.%' AND {_HERE} GROUP BY aggregate_id)
        SELECT type, service, municipality, count(*), count(*) FILTER (WHERE NOT resolved)
        FROM gaps WHERE at >= $1 AND at < $2 GROUP BY 1, 2, 3""",
        _rows("type", "service", "municipality", "reported", "open"),
    ),
    "handovers": Raw(
        f"""WITH handovers AS (
            SELECT min(data->>'receiver_kind') AS kind,
                min(occurred_at) FILTER (WHERE {_of("case.handover-proposed")}) AS at,
                bool_or({_of("case.handover-accepted")}) AS accepted,
                bool_or({_of("case.handover-confirmed")}) AS confirmed
            FROM events WHERE type LIKE 'nopsa.case.handover-%' AND {_HERE}
            GROUP BY data->>'handover_id')
        SELECT kind, count(*), count(*) FILTER (WHERE accepted), count(*) FILTER (WHERE confirmed)
        FROM handovers WHERE at >= $1 AND at < $2 GROUP BY 1""",
        _rows("receiver_kind", "proposed", "accepted", "confirmed"),
    ),
    "housing-outcomes": Raw(
        f"""WITH changes AS (
            SELECT client_ref, occurred_at AS at, version, aggregate_id,
                coalesce(data->>'from_status', 'unknown') AS lived, data->>'to_status' AS lives
            FROM events WHERE {_of("case.housing-changed")} AND {_HERE}),
        moves AS (
            SELECT (array_agg(lived ORDER BY at, version, aggregate_id))[1] AS lived,
                (array_agg(lives ORDER BY at DESC, version DESC, aggregate_id DESC))[1] AS lives
            FROM changes WHERE at >= $1 AND at < $2 GROUP BY client_ref),
        threatened AS (
            SELECT client_ref, min((data->>'received_at')::timestamptz) AS since
            FROM events WHERE {_of("referral.received")} AND {_HERE}
                AND (data->>'received_at')::timestamptz >= $1
                AND (data->>'received_at')::timestamptz < $2
                AND data->>'eviction_stage' IN ('warning', 'court', 'order', 'enforcement')
            GROUP BY 1),
        last_words AS (
            SELECT DISTINCT ON (client_ref) lives FROM threatened JOIN changes USING (client_ref)
            WHERE at >= since ORDER BY client_ref, at DESC, version DESC, aggregate_id)
        SELECT lived, lives, count(*), (SELECT count(*) FROM threatened),
            (SELECT count(*) FROM last_words WHERE lives = 'housed')
        FROM moves GROUP BY 1, 2""",
        lambda data: [
            (
                *(row[name] for name in ("from", "to", "clients")),
                *(data[name] for name in _EVICTIONS),
            )
            for row in data["rows"]
        ],
    ),
    "goals": Raw(
        f"""WITH goals AS (
            SELECT min(data->>'area') AS area,
                min(occurred_at) FILTER (WHERE {_of("case.goal-set")}) AS at,
                bool_or({_of("case.goal-attained")}) AS attained,
                bool_or({_of("case.goal-dropped")}) AS dropped
            FROM events WHERE type LIKE 'nopsa.case.goal-%' AND {_HERE}
            GROUP BY data->>'goal_id')
        SELECT area, count(*), count(*) FILTER (WHERE attained), count(*) FILTER (WHERE dropped)
        FROM goals WHERE at >= $1 AND at < $2 GROUP BY 1""",
        _rows("area", "set", "attained", "dropped"),
    ),
    "motivation": Raw(
        f"""WITH readings AS (
            SELECT array_agg((data->>'value')::int ORDER BY occurred_at, version) AS points
            FROM events WHERE {_of("case.motivation-recorded")} AND {_HERE} AND {_WITHIN}
            GROUP BY aggregate_id HAVING count(*) > 1)
        SELECT change, count(*) FROM readings, LATERAL (SELECT CASE
            WHEN points[cardinality(points)] > points[1] THEN 'more_points'
            WHEN points[cardinality(points)] = points[1] THEN 'as_many_points'
            ELSE 'fewer_points' END) AS changes (change) GROUP BY 1""",
        lambda data: [(row["change"], row["cases"]) for row in data["rows"] if row["cases"]],
    ),
    "consents": Raw(
        f"""SELECT data->>'direction',
            count(*) FILTER (WHERE {_of("consent.given")}
                AND (data->>'valid_from')::timestamptz >= $1
                AND (data->>'valid_from')::timestamptz < $2),
            count(*) FILTER (WHERE {_of("consent.revoked")} AND {_WITHIN})
        FROM events WHERE type LIKE 'nopsa.consent.%' AND {_HERE} GROUP BY 1""",
        _rows("direction", "given", "revoked"),
    ),
    "segments": Raw(
        f"""WITH {_CASES}, latest AS (
            SELECT DISTINCT ON (told.client_ref)
                data->>'support_need' AS need, data->>'complexity' AS complexity
            FROM events AS told JOIN cases USING (aggregate_id)
            WHERE {_of("case.segment-changed")} AND {_HERE} AND occurred_at < $2 AND {_OPEN}
            ORDER BY told.client_ref, occurred_at DESC, version DESC, aggregate_id)
        SELECT need, complexity, count(*) FROM latest GROUP BY 1, 2""",
        _rows("support_need", "complexity", "clients"),
    ),
    "age-groups": Raw(
        f"""WITH {_CASES}, accepted AS (
            SELECT aggregate_id, data->>'referral_id' AS referral
            FROM events WHERE {_of("case.referral-accepted")} AND {_HERE}),
        ages AS (
            SELECT aggregate_id::text AS referral, data->>'age_group' AS age_group
            FROM events WHERE {_of("referral.received")} AND {_HERE}),
        latest AS (
            SELECT DISTINCT ON (client_ref) age_group
            FROM cases JOIN accepted USING (aggregate_id) JOIN ages USING (referral)
            WHERE {_OPEN} ORDER BY client_ref, opened DESC, aggregate_id)
        SELECT age_group, count(*) FROM latest GROUP BY 1""",
        _rows("age_group", "clients"),
    ),
    "multi-service": Raw(
        f"""WITH {_CASES}, plans AS (
            SELECT (data->>'case_id')::uuid AS aggregate_id, min(occurred_at) AS begun
            FROM events WHERE {_of("case.service-path-changed")} AND {_HERE} GROUP BY 1)
        SELECT count(DISTINCT client_ref), count(DISTINCT client_ref) FILTER (WHERE begun < $2)
        FROM cases LEFT JOIN plans USING (aggregate_id) WHERE {_OPEN}""",
        _named("clients", "clients_with_path"),
    ),
}
