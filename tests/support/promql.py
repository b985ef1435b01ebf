"""Which metrics an expression of Prometheus names, and which metrics a process tells."""

import re

from prometheus_client.parser import text_string_to_metric_families

_STRINGS = re.compile(r'"[^"]*"')
_SELECTORS = re.compile(r"\{[^}]*\}|\[[^\]]*\]")
_GROUPINGS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_NAMES = re.compile(r"(?<![\w.])[a-zA-Z_:][\w:]*")
_FUNCTIONS = {"sum", "max", "min", "count", "topk", "rate", "increase", "histogram_quantile"}
_WORDS = _FUNCTIONS | {"absent", "vector", "or", "and", "unless"}
FROM_PROMETHEUS = frozenset({"up"})
"""Prometheus makes it itself, of every process that it asks."""


def metrics_named(expression: str) -> set[str]:
    """The metrics in an expression, as samples are called."""
    bare = _SELECTORS.sub(" ", _STRINGS.sub(" ", expression))
    return set(_NAMES.findall(_GROUPINGS.sub(" ", bare))) - _WORDS


def metrics_told(exposition: str) -> set[str]:
    """The samples that a process tells, also those that have no value yet."""
    told = set()
    for family in text_string_to_metric_families(exposition):
        endings = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
        told |= {family.name + ending for ending in endings.get(family.type, [""])}
        told |= {sample.name for sample in family.samples}
    return told
