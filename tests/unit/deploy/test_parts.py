"""A file of any size is split between referrals, and every line keeps its number."""

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from deploy.cli.parts import LINE_BYTES, PART_BYTES, Part, split

HEADER = b"external_id;narrative\r\n"
CELLS = st.text('ab ";\n', max_size=30)


def rows_of(part: Part) -> list[list[str]]:
    text = io.StringIO(part.content.decode(), newline="")
    return list(csv.reader(text, delimiter=";"))[1:]


@example(cells=["x" * 60, ';"\n' + ";" * 40], part_bytes=120)
@given(cells=st.lists(CELLS, min_size=1, max_size=40), part_bytes=st.integers(120, 600))
def test_parts_of_csv_hold_whole_rows_under_the_header(cells: list[str], part_bytes: int) -> None:
    text = io.StringIO(newline="")
    written = [[str(n), cell] for n, cell in enumerate(cells)]
    csv.writer(text, delimiter=";").writerows(written)
    file = io.BytesIO(HEADER + text.getvalue().encode())
    parts = list(split(file, csv=True, part_bytes=part_bytes))
    assert [row for part in parts for row in rows_of(part)] == written
    assert all(part.content.startswith(HEADER) for part in parts)
    assert sum(len(part.lines) for part in parts) == file.getvalue().count(b"\n")


def test_a_line_is_told_by_its_number_in_the_whole_file() -> None:
    lines = [b"\n", b"sep=;\n", HEADER, *(b"%d;x\n" % n for n in range(4, 1004))]
    parts = list(split(lines, csv=True, part_bytes=600))
    assert len(parts) > 5
    for part in parts[1:]:
        own = part.content.splitlines(keepends=True)
        for number, line in enumerate(own[1:], start=2):
            assert line == lines[part.line_in_file(number) - 1]
    assert [parts[0].line_in_file(n) for n in (1, 4)] == [1, 4]
    assert parts[-1].last_line == 1003


def test_ndjson_is_split_without_a_header() -> None:
    lines = [b'{"n": %d}\n' % n for n in range(10, 100)]
    parts = list(split(lines, csv=False, part_bytes=100))
    assert b"".join(part.content for part in parts) == b"".join(lines)
    assert [part.line_in_file(1) for part in parts] == [part.first_line for part in parts]
    assert [part.first_line for part in parts] == [1 + 10 * n for n in range(9)]


def test_a_stray_quote_or_an_endless_line_makes_no_part_too_large() -> None:
    lines = [HEADER, b'1;5" pipe\n', *([b"2;" + b"x" * 1000 + b"\n"] * 10_000)]
    assert all(len(part.content) < 5_000_000 for part in split(lines, csv=True))
    (part,) = split([b"y" * 9_000_000], csv=False)
    assert LINE_BYTES < len(part.content) < PART_BYTES
