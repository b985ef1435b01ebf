"""How far tests that search go: as far as `make test` has time for, or many times as far in
`make fuzz`, which sets `NOPSA_FUZZ` to how many times."""

import os

TIMES = max(1, int(os.environ.get("NOPSA_FUZZ", "1")))


def examples(usual: int) -> int:
    """So many examples in `make test`; more where there is time."""
    return usual * TIMES
