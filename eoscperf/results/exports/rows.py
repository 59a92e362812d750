"""What an export writes: results as JSON, or as the cells of a table."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from eoscperf import jsontext
from eoscperf.results.json_sql import column_value
from eoscperf.results.jsonpath import Path


class Facts(NamedTuple):
    """A result as the columns of a table that come before its JSON, all of them text."""

    id: str
    execution_datetime: str
    upload_datetime: str
    benchmark_id: str
    benchmark: str
    site_id: str
    site: str
    flavor_id: str
    flavor: str
    tags: str
    status: str


BEFORE_JSON = Facts._fields


class TableCell(NamedTuple):
    """A value of a table: its kind, its text, and what it is before it is text."""

    kind: str
    """string, number, boolean, json, null, missing or datetime"""
    text: str
    value: Any = None


class Source(Protocol):
    """What knows how to show the records of an export."""

    def json(self, record: Any) -> str:
        """The result as the API shows it, compact."""

    def facts(self, record: Any) -> Facts:
        """The result as text."""

    def measured(self, record: Any) -> str:
        """The JSON that was measured."""


class Row:
    """One result of an export."""

    __slots__ = ("_record", "_source")

    def __init__(self, source: Source, record: Any) -> None:
        self._source = source
        self._record = record

    def json(self) -> bytes:
        """The result as the API shows it, compact."""
        return self._source.json(self._record).encode()

    def facts(self) -> Facts:
        """The columns before the JSON."""
        return self._source.facts(self._record)

    def measured(self) -> str:
        """The JSON that was measured, as text."""
        return self._source.measured(self._record)

    def values(self, columns: Sequence[Path]) -> list[TableCell]:
        """The cells after the facts: those of the columns, without any the JSON as a whole."""
        text = self.measured()
        if not columns:
            return [TableCell("json", text, text)]
        document = jsontext.loads_stored(text)
        cells = []
        for column in columns:
            found = column_value(column, document)
            nothing = found.kind in ("null", "missing")
            cells.append(TableCell(found.kind, found.text, None if nothing else found.text))
        return cells

    def cells(self, columns: Sequence[Path]) -> list[TableCell]:
        """All its cells, under the header that `header` gives for the same columns."""
        return [
            *(
                _moment(text) if name.endswith("_datetime") else TableCell("string", text, text)
                for name, text in zip(BEFORE_JSON, self.facts(), strict=True)
            ),
            *self.values(columns),
        ]


class Rows:
    """All that an export writes, to be read once."""

    def __init__(self, rows: Iterable[Row], units: Mapping[Path, str] | None = None) -> None:
        self._rows = rows
        self.units = units or {}
        """the units of columns, as far as they are known"""

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def close(self) -> None:
        """Give back what reading took."""

    def batches(self) -> Iterator[Sequence[Row]]:
        """Some rows at a time."""
        for row in self:
            yield (row,)

    def texts(self) -> Iterator[Sequence[str]]:
        """The same as the API shows them, some at a time."""
        for rows in self.batches():
            yield [row.json().decode() for row in rows]


def header(columns: Sequence[Path], units: Mapping[Path, str] | None = None) -> list[str]:
    """The names of the columns of a table; with units, behind the name where one is known."""
    named = [f"{path.text()} [{units[path]}]" if units and path in units else path.text() for path in columns]
    return [*BEFORE_JSON, *(named or ["json"])]


def _moment(text: str) -> TableCell:
    return TableCell("datetime", text, datetime.datetime.fromisoformat(text))
