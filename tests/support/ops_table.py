"""A pytest plugin for `make ops-check`: every test marked `ops` is a row, told by its own name, and
so is everything in `deploy/not_verified.csv`. What was skipped was not verified; it says why.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from deploy.local.process import CODE_ROOT

NOT_VERIFIED = CODE_ROOT / "deploy" / "not_verified.csv"


@dataclass
class Row:
    """A check: how many tests it has, what failed or was left out of them, and why."""

    file: str
    passed: int = 0
    failed: int = 0
    why_not: str = ""

    @property
    def verdict(self) -> str:
        """In a word."""
        if self.failed:
            return "FAILED"
        return "not verified" if self.why_not else "verified"


def rows_of(reports: Iterator[pytest.TestReport]) -> dict[str, Row]:
    """The rows by what they say, in the order of the tests."""
    rows: dict[str, Row] = {}
    for report in reports:
        file, _, test = report.nodeid.partition("::")
        sentence = test.partition("[")[0].removeprefix("test_").replace("_", " ")
        row = rows.setdefault(sentence, Row(file))
        if report.failed:
            row.failed += 1
        elif report.skipped and isinstance(report.longrepr, tuple):
            row.why_not = report.longrepr[2].removeprefix("Skipped: ")
        elif report.when == "call":
            row.passed += 1
    return rows


def unverified() -> list[tuple[str, str]]:
    """What no test here can show, and why."""
    with NOT_VERIFIED.open() as file:
        return [(line["check"], line["why"]) for line in csv.DictReader(file)]


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the table."""
    reports = (
        report
        for outcome in ("passed", "failed", "error", "skipped")
        for report in terminalreporter.getreports(outcome)
        if isinstance(report, pytest.TestReport)
    )
    rows = rows_of(reports)
    write = terminalreporter.write_line
    terminalreporter.section("what was verified")
    for file in sorted({row.file for row in rows.values()}):
        write(file)
        for sentence, row in rows.items():
            if row.file == file and row.verdict != "not verified":
                write(f"  {row.verdict:9} {sentence}", red=row.failed > 0)
    terminalreporter.section("what was not verified, and why")
    left_out = [(name, row.why_not) for name, row in rows.items() if row.verdict == "not verified"]
    for name, why in [*left_out, *unverified()]:
        write(f"  {name}:\n      {why}")
    verified = sum(row.verdict == "verified" for row in rows.values())
    failed = sum(row.verdict == "FAILED" for row in rows.values())
    write("")
    write(f"{verified} verified, {failed} failed, {len(left_out) + len(unverified())} not verified")
