"""JSON text, written by one quick library: every request, event, log line and span has some.

Takes what JSON has, with integers of 64 bits; raises `TypeError` for the rest.
"""

from typing import Any

import orjson


def text_of(value: Any) -> str:
    """The value as compact JSON."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def canonical(value: Any) -> str:
    """The value as the one text that stands for it, whatever the order of its keys: for hashes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
