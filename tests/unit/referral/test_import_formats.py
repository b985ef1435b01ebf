"""Files as partners' systems and spreadsheets write them, read line by line in any pieces."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.referral.imports.columns import body_of, columns, read_date, read_decimal
from services.referral.imports.encoding import (
    UTF_8,
    WINDOWS_1252,
    EncodingVote,
    encoding_of_charset,
)
from services.referral.imports.records import FileUnreadableError, Record, reader_of, template
from services.referral.imports.rules import Format
from services.referral.imports.spreadsheet import SEPARATORS, read_header
from shared.lines import LineCutter

NAMES = ("external_id", "client.family_name", "narrative", "reasons")
FINNISH = st.text("abcåäöÅÄÖ éüßš€–'", max_size=12)
NORDIC = st.text("abcåäöÅÄÖéüß ", max_size=12).filter(lambda text: not text.isascii())
CELLS = st.text("abö \";,|\t\n'", max_size=8)


def pieces_of(content: bytes, sizes: Sequence[int]) -> list[bytes]:
    """The content cut at arbitrary places."""
    pieces, start = [], 0
    for size in sizes:
        pieces.append(content[start : start + size])
        start += size
    return [*pieces, content[start:]]


def read(content: bytes, format_: Format, encoding: str = UTF_8, sizes: Any = ()) -> list[Record]:
    reader = reader_of(format_, encoding)
    found = [record for piece in pieces_of(content, sizes) for record in reader.feed(piece)]
    return found + list(reader.end())


def read_csv(content: bytes, encoding: str = UTF_8, sizes: Any = ()) -> list[Record]:
    return read(content, Format.CSV, encoding, sizes)


def written(rows: Sequence[Sequence[str]], separator: str, quoting: Any, end: str) -> str:
    """The file as a spreadsheet writes it."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=end).writerows(rows)
    return text.getvalue()


def codes(records: Sequence[Record]) -> list[tuple[int, str | None]]:
    return [(record.line, record.error.code if record.error else None) for record in records]


def vote(content: bytes) -> str:
    votes, cutter = EncodingVote(), LineCutter(1000)
    for line in [*cutter.feed(content), *cutter.end()]:
        votes.see(line.content or b"")
    return votes.winner


@given(
    rows=st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=5),
    separator=st.sampled_from(SEPARATORS),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
    sizes=st.lists(st.integers(1, 40), max_size=10),
)
def test_what_a_spreadsheet_writes_is_read_back_however_it_is_quoted_and_cut(
    rows: list[list[str]], separator: str, quoting: Any, end: str, encoding: str, sizes: list[int]
) -> None:
    content = written([NAMES, *rows], separator, quoting, end).encode(encoding)
    found = read_csv(content, "cp1252" if encoding == "cp1252" else UTF_8, sizes)
    expected = [body_of(NAMES, row) for row in rows if any(cell.strip() for cell in row)]
    assert [record.body for record in found] == expected
    assert all(record.error is None for record in found)


@given(
    texts=st.lists(FINNISH, min_size=1, max_size=6),
    sizes=st.lists(st.integers(1, 30), max_size=8),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_ndjson_is_read_back_in_any_pieces(texts: list[str], sizes: list[int], end: str) -> None:
    lines = [json.dumps({"narrative": text}, ensure_ascii=False) for text in texts]
    found = read(end.join(lines).encode(), Format.NDJSON, sizes=sizes)
    assert [(r.line, r.body) for r in found] == [
        (n, {"narrative": text}) for n, text in enumerate(texts, start=1)
    ]


@given(names=st.lists(NORDIC, min_size=1, max_size=20))
@example(names=["Äijö", "Öljy"])
def test_the_encoding_is_told_from_the_letters(names: list[str]) -> None:
    text = "\n".join(names)
    assert vote(text.encode()) == UTF_8
    assert vote(text.encode("cp1252")) == WINDOWS_1252


def test_one_broken_line_in_utf_8_is_that_lines_fault_alone() -> None:
    content = "external_id\nMäki\n".encode() + b"M\xe4ki\n" + "Mäki\nOja\n".encode()
    assert vote(content) == UTF_8
    assert codes(read_csv(content)) == [(2, None), (3, "undecodable"), (4, None), (5, None)]


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("UTF-8", UTF_8), ('"windows-1252"', WINDOWS_1252), ("ISO-8859-1", WINDOWS_1252),
     ("utf-16", None)],
)  # fmt: skip
def test_a_declared_charset_is_taken_by_its_name(charset: str, encoding: str | None) -> None:
    assert encoding_of_charset(charset) == encoding


def test_a_bad_row_never_takes_a_good_one_with_it() -> None:
    content = "\r\n".join(
        [
            "external_id;narrative",
            "1;good",
            '2;"never closed',
            "3;good",
            "4;too;many",
            "5",
            ";;",
            "",
            '7;"over\r\ntwo lines"',
            '8;"closed" badly',
            "9;good",
        ]
    )
    assert codes(read_csv(content.encode())) == [
        (2, None),
        (3, "row_malformed"),
        (4, None),
        (5, "column_count"),
        (6, "column_count"),
        (9, None),
        (11, "row_malformed"),
        (12, None),
    ]


def test_a_quote_that_is_never_closed_costs_one_line_however_long_the_file() -> None:
    rows = [f"{n};good" for n in range(3, 1003)]
    content = "\n".join(["external_id;narrative", '2;"open', *rows]).encode()
    found = codes(read_csv(content))
    assert found[0] == (2, "row_malformed")
    assert [code for _, code in found[1:]] == [None] * 1000


@pytest.mark.parametrize("format_", list(Format))
def test_a_line_of_a_megabyte_is_refused_and_the_next_is_read(format_: Format) -> None:
    good = b'{"external_id": "1"}' if format_ == Format.NDJSON else b"1"
    content = b"\n".join([b"external_id"] * (format_ == Format.CSV) + [b"x" * 1_000_000, good])
    sizes = [70_000] * 15
    assert [code for _, code in codes(read(content, format_, sizes=sizes))] == [
        "line_too_long",
        None,
    ]


@pytest.mark.parametrize(
    "line",
    [b"{", b"[1]", b"null", b'"text"', b'{"n": ' + b"9" * 5000 + b"}"],
)
def test_what_is_no_json_object_is_refused(line: bytes) -> None:
    assert codes(read(line, Format.NDJSON)) == [(1, "malformed_json")]


@pytest.mark.parametrize(
    ("line", "code"), [(b"\xff\xfe", "undecodable"), (b"[" * 100_000, "body_too_deep")]
)
def test_what_no_parser_should_see_is_refused_before(line: bytes, code: str) -> None:
    assert codes(read(line, Format.NDJSON)) == [(1, code)]


def test_lines_keep_their_numbers_over_empty_ones() -> None:
    content = b'\xef\xbb\xbf\n\n{"a": 1}\r\n \r\n{"a": 2}'
    assert [(r.line, r.body) for r in read(content, Format.NDJSON)] == [
        (3, {"a": 1}),
        (5, {"a": 2}),
    ]


@pytest.mark.parametrize(
    "line", ["external_id;urgency", "External_ID\turgency", "sep=;", " urgency"]
)
def test_the_separator_shows_from_the_column_names(line: str) -> None:
    content = f"{line}\nexternal_id;urgency\nA;urgent\n" if line.startswith("sep") else line
    if line.startswith("sep"):
        (record,) = read_csv(content.encode())
        assert record.body["urgency"] == "urgent"
    else:
        assert not read_header(content).errors


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Virtanen;Liisa;010190-900P", ["header_missing"]),
        ("", ["header_missing"]),
        ("external_id;shoe_size", ["column_unknown"]),
        ("external_id;urgency;external_id", ["column_repeated"]),
        ("x" * 200_000, ["header_missing"]),
    ],
)
def test_a_file_without_a_readable_header_is_refused_without_repeating_it(
    header: str, found: list[str]
) -> None:
    with pytest.raises(FileUnreadableError) as refusal:
        read_csv(header.encode() + b"\nA;B;C\n")
    assert [error.code for error in refusal.value.errors] == found
    assert not any(word in str(vars(e)) for e in refusal.value.errors for word in ("Virt", "shoe"))


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("leaves_institution_on", "24.12.2026", "2026-12-24"),
        ("leaves_institution_on", "1.2.2026", "2026-02-01"),
        ("leaves_institution_on", "2026-02-01", "2026-02-01"),
        ("housing.arrears_eur", "1 234,50", "1234.50"),
        ("housing.arrears_eur", "1\u00a0234,5 €", "1234.5"),
        ("housing.arrears_eur", "1234.50", "1234.50"),
        ("client.non_disclosure_order", "EPÄTOSI", False),
        ("client.non_disclosure_order", "Kyllä", True),
        ("client.non_disclosure_order", "nej", False),
        ("client.municipality", "98", "098"),
        ("reasons", "debt| release |", ["debt", "release"]),
        ("narrative", "  two\nlines ", "two\nlines"),
    ],
)
def test_a_cell_as_a_finnish_spreadsheet_writes_it(name: str, cell: str, value: Any) -> None:
    group, _, field = name.rpartition(".")
    body = body_of([name], [cell])
    assert (body[group] if group else body)[field] == value


@pytest.mark.parametrize("cell", ["1/2/2026", "1.2.26", "2026.2.1", "Feb 1", "1.2"])
def test_an_ambiguous_date_is_left_to_be_refused(cell: str) -> None:
    assert read_date(cell) == cell


@pytest.mark.parametrize("cell", ["1,234", "1.234,50", "1,234.50", "ten"])
def test_an_ambiguous_decimal_is_left_to_be_refused(cell: str) -> None:
    assert read_decimal(cell) == cell


def test_an_empty_cell_says_nothing() -> None:
    assert body_of(["urgency", "client.phone", "housing.status"], ["", " ", ""]) == {
        "client": {},
        "contact_person": {},
    }


def test_the_template_has_every_column_and_opens_in_excel() -> None:
    assert template().startswith(b"\xef\xbb\xbf")
    header = read_header(template().decode("utf-8-sig").strip())
    assert (header.separator, header.errors) == (";", ())
    assert header.names == tuple(columns())
    assert {"client.phone", "housing.status", "reasons", "contact_person.name"} <= set(header.names)
