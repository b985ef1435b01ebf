"""What an attack came to, and the table of `make fuzz` (this module is its pytest plugin)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

MOST_TOLD = 5


@dataclass
class Attack:
    """Counts what was tried. Whatever is not answered as it must be is `wrong`."""

    refused: int = 0
    taken: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        """All."""
        return self.refused + self.taken + len(self.wrong)

    def refuse(self, count: int = 1) -> None:
        """Refused, and rightly."""
        self.refused += count

    def take(self, count: int = 1) -> None:
        """Taken, and rightly."""
        self.taken += count

    def went_wrong(self, what: str) -> None:
        """Answered as it must not be."""
        self.wrong.append(what)

    def expect_refused(self, refused: bool, what: str) -> None:
        """Counts what must not be taken."""
        if refused:
            self.refuse()
        else:
            self.went_wrong(what)

    def verify(self) -> None:
        """Nothing went wrong, and something was tried at all."""
        assert not self.wrong, self.wrong[:MOST_TOLD]
        assert self.tried


@pytest.fixture
def attack(record_property: Callable[[str, object], None]) -> Iterator[Attack]:
    """An attack's counts: a row in the table, by the name of the test."""
    counted = Attack()
    yield counted
    record_property("attack", [counted.tried, counted.refused, counted.taken, len(counted.wrong)])
    counted.verify()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the table, where there was any attack."""
    reports = [
        report
        for outcome in ("", "passed", "failed", "error")
        for report in terminalreporter.getreports(outcome)
        if isinstance(report, pytest.TestReport)
    ]
    rows = [
        (_said(report.nodeid), value)
        for report in reports
        for name, value in report.user_properties
        if name == "attack" and report.when == "teardown" and isinstance(value, list)
    ]
    if not any("fuzz" in report.keywords for report in reports):
        return
    write = terminalreporter.write_line
    terminalreporter.section("attacks")
    write(f"{'attack':76} {'tried':>8} {'refused':>8} {'taken':>8} {'wrong':>6}")
    for said, (tried, refused, taken, wrong) in sorted(rows):
        write(f"{said:76} {tried:8} {refused:8} {taken:8} {wrong:6}", red=wrong > 0)
    sums = [sum(counts[place] for _, counts in rows) for place in range(4)]
    write(f"{'together':76} {sums[0]:8} {sums[1]:8} {sums[2]:8} {sums[3]:6}")
    searched = [r for r in reports if r.when == "call" and "hypothesis" in r.keywords]
    held = sum(report.passed for report in searched)
    write(f"properties searched deeper: {len(searched)}, of which held: {held}")


def _said(nodeid: str) -> str:
    """The test's name as a sentence, with the service or case where it is tried on several."""
    file, _, test = nodeid.partition("::")
    name, _, case = test.partition("[")
    place = file.split("/")[2] + ": " if file.startswith("tests/integration/") else ""
    case = f" ({case.removesuffix(']')})" if case else ""
    return (place + name.removeprefix("test_").replace("_", " ") + case)[:76]
