"""Export formats made of text: JSON, NDJSON, CSV and Markdown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from eoscperf.results.exports.rows import Row, Rows, TableCell, header
from eoscperf.results.jsonpath import Path

CHUNK = 64 * 1024
"""Bytes, about, that are sent at a time, at least."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_json(rows: Rows, columns: Sequence[Path]) -> Iterator[bytes]:
    """One JSON array."""
    return _chunked(_array(rows))


def write_ndjson(rows: Rows, columns: Sequence[Path]) -> Iterator[bytes]:
    """A line of JSON per result."""
    return _chunked(("\n".join(texts) + "\n").encode() for texts in rows.texts() if texts)


def write_csv(rows: Rows, columns: Sequence[Path]) -> Iterator[bytes]:
    """RFC 4180 with a header; what a spreadsheet would take for a formula is told to be text."""

    def batches() -> Iterator[Iterable[Sequence[str]]]:
        yield [[_harmless(name) for name in header(columns, rows.units)]]
        for batch in rows.batches():
            yield (_csv_line(row, columns) for row in batch)

    return _csv(batches())


def table_csv(lines: Iterable[Sequence[str | float | None]]) -> Iterator[bytes]:
    """Any other table in the same way: numbers as they are, None as nothing."""
    return _csv([[_plain(value) for value in line] for line in lines] for lines in [lines])


def _csv(batches: Iterable[Iterable[Sequence[str]]]) -> Iterator[bytes]:
    """Lines of finished texts, some at a time."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")

    def written() -> Iterator[bytes]:
        for batch in batches:
            writer.writerows(batch)
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()

    return _chunked(written())


def _plain(value: str | float | None) -> str:
    """8, not 8.0: as people write it."""
    if value is None or isinstance(value, str):
        return _harmless(value or "")
    return str(int(value)) if value == int(value) and abs(value) < _EXACT else repr(value)


_EXACT = 2**53


def write_markdown(rows: Rows, columns: Sequence[Path]) -> Iterator[bytes]:
    """A table to paste into a page."""

    def line(cells: Sequence[str]) -> bytes:
        return ("| " + " | ".join(cells) + " |\n").encode()

    def lines() -> Iterator[bytes]:
        names = header(columns)
        yield line([_markdown(name) for name in names])
        yield line(["---"] * len(names))
        for row in rows:
            yield line([_markdown(cell.text) for cell in row.cells(columns)])

    return _chunked(lines())


def _array(rows: Rows) -> Iterator[bytes]:
    separator = "["
    for texts in rows.texts():
        if texts:
            yield (separator + ",\n".join(texts)).encode()
            separator = ",\n"
    yield b"[]\n" if separator == "[" else b"]\n"


def _csv_line(row: Row, columns: Sequence[Path]) -> list[str]:
    line = list(map(_harmless, row.facts()))
    if columns:
        line += map(_csv_cell, row.values(columns))
    else:
        line.append(row.measured())
    return line


def _csv_cell(cell: TableCell) -> str:
    return _harmless(cell.text) if cell.kind == "string" else cell.text


def _harmless(text: str) -> str:
    return "'" + text if text.startswith(_FORMULA) else text


def _markdown(text: str) -> str:
    """Text as it is, whatever it holds: nothing of it is markup or ends the cell."""
    return re.sub(r"([\\`*_{}\[\]<>()#|~&!])", r"\\\1", re.sub(r"\s+", " ", text))


def _chunked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, small ones together."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield b"".join(waiting) if len(waiting) > 1 else piece
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
