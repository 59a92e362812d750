"""The export format Parquet, where pyarrow is installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from typing import Any

from eoscperf.results.exports.rows import BEFORE_JSON, Row, Rows, header
from eoscperf.results.jsonpath import Path

ROW_GROUP = 10_000
"""Rows that are written together, fewer when they are large."""
GROUP_CHARACTERS = 16 * 1024 * 1024

UNIT = b"unit"
"""under which the metadata of a column names its unit"""


def is_installed() -> bool:
    return importlib.util.find_spec("pyarrow") is not None


def write_parquet(rows: Rows, columns: Sequence[Path]) -> Iterator[bytes]:
    """The columns of the table: moments as timestamps in UTC, everything else as text, missing as null.

    Columns from the JSON are text, since their types may differ from one result to the next.
    """
    import pyarrow
    from pyarrow import parquet

    schema = _schema(pyarrow, rows, columns)
    sink = _Sink()
    with parquet.ParquetWriter(sink, schema, compression="snappy") as writer:
        for group in _groups(rows, columns):
            arrays = [
                pyarrow.array([line[number] for line in group]).cast(field.type)
                for number, field in enumerate(schema)
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
            yield sink.take()
    yield sink.take()


def _schema(pyarrow: Any, rows: Rows, columns: Sequence[Path]) -> Any:
    names = header(columns)
    # A path asked for twice, or called like another column, gets a name of its own: here names must differ.
    names = [
        name if names.index(name) == number else f"{name} ({number})" for number, name in enumerate(names)
    ]
    fields = [
        pyarrow.field(name, pyarrow.timestamp("us", tz="UTC") if _is_moment(number) else pyarrow.string())
        for number, name in enumerate(names)
    ]
    for number, path in enumerate(columns, len(BEFORE_JSON)):
        if path in rows.units:
            fields[number] = fields[number].with_metadata({UNIT: rows.units[path].encode()})
    return pyarrow.schema(fields)


def _is_moment(number: int) -> bool:
    return number < len(BEFORE_JSON) and BEFORE_JSON[number].endswith("_datetime")


def _groups(rows: Rows, columns: Sequence[Path]) -> Iterator[list[list[str | None]]]:
    group: list[list[str | None]] = []
    characters = 0
    for batch in rows.batches():
        for row in batch:
            line = _line(row, columns)
            group.append(line)
            characters += sum([len(text) for text in line if text is not None])
            if len(group) >= ROW_GROUP or characters >= GROUP_CHARACTERS:
                yield group
                group, characters = [], 0
    if group:
        yield group


def _line(row: Row, columns: Sequence[Path]) -> list[str | None]:
    line: list[str | None] = list(row.facts())
    if columns:
        line += [cell.value for cell in row.values(columns)]
    else:
        line.append(row.measured())
    return line


class _Sink:
    """A file that hands out what was written to it since the last time."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._position = 0

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._position += len(part)
        return len(part)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self.closed = True

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
