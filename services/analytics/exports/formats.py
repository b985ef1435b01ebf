"""An export as CSV (RFC 4180) or Parquet, written batch by batch as it is read, in a thread so that
other requests go on."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from email.message import Message
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from services.analytics.exports.catalogue import Table
from services.analytics.exports.queries import Export, Rows
from services.analytics.exports.rules import harmless

CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"
_TYPES = {"string": pa.string(), "integer": pa.int32(), "boolean": pa.bool_()}


def chosen(accept: str | None) -> str | None:
    """What an Accept header likes best of the two (RFC 9110, 12.5.1), CSV where it has no
    preference; None for neither."""
    liked = dict(_liked(part) for part in (accept or "*/*").split(","))
    offered = {
        name: liked.get(name, liked.get(f"{name.partition('/')[0]}/*", liked.get("*/*", 0.0)))
        for name in (CSV, PARQUET)
    }
    best = max(offered, key=lambda name: offered[name])
    return best if offered[best] else None


def _liked(part: str) -> tuple[str, float]:
    media_range = Message()
    media_range["content-type"] = part.strip()
    named = part.partition(";")[0].strip().lower()
    try:
        return named, float(str(media_range.get_param("q", "1")))
    except ValueError:
        return named, 0.0


async def as_csv(export: Export) -> AsyncIterator[bytes]:
    """UTF-8, a header line, unknown values empty, booleans `true` and `false`."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.name for column in export.table.columns])
    yield _taken(text)
    async for batch in export.batches():
        cells = ([_cell(value) for value in row] for row in batch)
        await asyncio.to_thread(writer.writerows, cells)
        yield _taken(text)


async def as_parquet(export: Export) -> AsyncIterator[bytes]:
    """A row group for each batch; the summary and the columns' descriptions are in the schema."""
    schema = _schema(export.table, export.summary.model_dump_json())
    sink = _Sink()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        async for batch in export.batches():
            await asyncio.to_thread(lambda rows: writer.write_table(_arrow(rows, schema)), batch)
            yield sink.taken()
    yield sink.taken()


def _arrow(rows: Rows, schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True)
    arrays = [
        pa.array([_plain(value) for value in values], field.type)
        for values, field in zip(columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _schema(table: Table, summary: str) -> pa.Schema:
    fields = [
        pa.field(column.name, _TYPES[column.type], metadata={"description": column.description})
        for column in table.columns
    ]
    return pa.schema(fields, metadata={"nopsa": summary})


class _Sink(io.RawIOBase):
    """Takes what a writer writes, to be taken on by whoever sends it."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()
        self._written = 0

    def writable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """How much was written so far."""
        return self._written

    def write(self, data: Any, /) -> int:
        """Keeps it."""
        content = bytes(data)
        self._waiting += content
        self._written += len(content)
        return len(content)

    def taken(self) -> bytes:
        """What was written since the last time."""
        content = bytes(self._waiting)
        self._waiting.clear()
        return content


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int) else str(value)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return harmless(_plain(value))


def _taken(text: io.StringIO) -> bytes:
    content = text.getvalue()
    text.seek(0)
    text.truncate()
    return content.encode()
