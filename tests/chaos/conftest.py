"""The table of the faults, printed at the end of the run whatever came of them."""

import pytest
from rich.console import Console
from rich.table import Table

from tests.chaos.running import Row

COLUMNS = ("fault", "accepted", "refused", "lost", "doubled", "wrong", "seconds to recover")
_ROWS: list[Row] = []
_NOT_DONE: list[tuple[str, str]] = []


@pytest.fixture(scope="session")
def rows() -> list[Row]:
    """The rows of the table."""
    return _ROWS


@pytest.fixture(scope="session")
def not_done() -> list[tuple[str, str]]:
    """Faults that could not happen here, and why."""
    return _NOT_DONE


def pytest_terminal_summary() -> None:
    """Prints the table."""
    if not (_ROWS or _NOT_DONE):
        return
    table = Table(*COLUMNS)
    for row in _ROWS:
        table.add_row(*row.cells)
    console = Console(width=110)
    console.print(table)
    for name, why in _NOT_DONE:
        console.print(f"not done: {name}: {why}")
    for row in _ROWS:
        if not row.verdict.clean:
            console.print(f"{row.fault}: {row.verdict}")
