"""What an export writes: a result as an object, or as the cells of a table."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

from eoscperf import jsontext
from eoscperf.rest.renderer import dumps, timestamp
from eoscperf.results.json_sql import column_value
from eoscperf.results.jsonpath import Path
from eoscperf.results.models import Result
from eoscperf.results.schemas import ResultPresenter

BEFORE_JSON = (
    "id",
    "execution_datetime",
    "upload_datetime",
    "benchmark_id",
    "benchmark",
    "site_id",
    "site",
    "flavor_id",
    "flavor",
    "tags",
    "status",
)

DEEPEST = 500
"""Nesting of stored JSON; what was stored under other limits than today's stays readable."""


class TableCell(NamedTuple):
    """A value of a table: its kind, its text, and what it is before it is text."""

    kind: str
    """string, number, boolean, json, null, missing or datetime"""
    text: str
    value: Any = None


class Row:
    """One result of an export."""

    def __init__(self, result: Result, presenter: ResultPresenter) -> None:
        self.result = result
        self._presenter = presenter

    def json(self) -> bytes:
        """The result as the API shows it, compact."""
        return dumps(self._presenter.present(self.result))

    def cells(self, columns: Sequence[Path]) -> list[TableCell]:
        """Its cells under the header that `header` gives for the same columns."""
        result = self.result
        flavor, site = result.flavor, result.flavor.site
        cells = [
            _text(str(result.id)),
            _moment(result.execution_datetime),
            _moment(result.upload_datetime),
            _text(str(result.benchmark_id)),
            _text(result.benchmark.name),
            _text(str(site.id)),
            _text(site.name),
            _text(str(flavor.id)),
            _text(flavor.name),
            _text(";".join(tag.name for tag in result.tags)),
            _text(result.status),
        ]
        if not columns:
            return [*cells, TableCell("json", result.json, result.json)]
        for column in columns:
            found = column_value(column, self._document)
            nothing = found.kind in ("null", "missing")
            cells.append(TableCell(found.kind, found.text, None if nothing else found.text))
        return cells

    @functools.cached_property
    def _document(self) -> Any:
        return jsontext.loads(self.result.json, max_depth=DEEPEST)


def header(columns: Sequence[Path]) -> list[str]:
    """The names of the columns of a table."""
    return [*BEFORE_JSON, *([column.text() for column in columns] or ["json"])]


def _text(text: str) -> TableCell:
    return TableCell("string", text, text)


def _moment(value: datetime.datetime) -> TableCell:
    return TableCell("datetime", timestamp(value), value)
