"""The export format Parquet, where pyarrow is installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from typing import Any

from eoscperf.results.exports.rows import Row, TableCell, header
from eoscperf.results.jsonpath import Path

ROW_GROUP = 2000
"""Rows that are written together, fewer when they are large."""
GROUP_CHARACTERS = 16 * 1024 * 1024


def is_installed() -> bool:
    return importlib.util.find_spec("pyarrow") is not None


def write_parquet(rows: Iterator[Row], columns: Sequence[Path]) -> Iterator[bytes]:
    """The columns of the table: moments as timestamps in UTC, everything else as text, missing as null.

    Columns from the JSON are text, since their types may differ from one result to the next.
    """
    import pyarrow
    from pyarrow import parquet

    names = header(columns)
    moment = pyarrow.timestamp("us", tz="UTC")
    # A path asked for twice, or called like another column, gets a name of its own: here names must differ.
    names = [
        name if names.index(name) == number else f"{name} ({number})" for number, name in enumerate(names)
    ]
    schema = pyarrow.schema(
        [
            (name, moment if name.endswith("_datetime") and number < 3 else pyarrow.string())
            for number, name in enumerate(names)
        ]
    )
    sink = _Sink()
    with parquet.ParquetWriter(sink, schema, compression="snappy") as writer:
        for group in _groups(row.cells(columns) for row in rows):
            arrays = [
                pyarrow.array([cells[number].value for cells in group], type=field.type)
                for number, field in enumerate(schema)
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
            yield sink.take()
    yield sink.take()


def _groups(lines: Iterator[list[TableCell]]) -> Iterator[list[list[TableCell]]]:
    group: list[list[TableCell]] = []
    characters = 0
    for cells in lines:
        group.append(cells)
        characters += sum(len(cell.text) for cell in cells)
        if len(group) >= ROW_GROUP or characters >= GROUP_CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group


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
