"""What commands print: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import io
import json as jsonlib
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from eoscperf.client.cli.terminal import harmless, harmless_json

TABLE, JSON, CSV = "table", "json", "csv"
WIDEST = 60
"""No column of a table is wider, unless it is to be shown whole."""


@dataclass(frozen=True)
class Column:
    """A column: its title, how a row's cell is found, and how tables show it in their own way."""

    title: str
    of: Callable[[Any], Any]
    shown: Callable[[Any], str] | None = None
    whole: bool = False
    """never shortened in tables"""

    def text(self, row: Any) -> str:
        """The cell in a table."""
        value = self.of(row)
        return cell(value if self.shown is None or value is None else self.shown(value))


def field(name: str, title: str | None = None, shown: Callable[[Any], str] | None = None) -> Column:
    """The column of a member, `benchmark.id` of one inside; moments are shown as people write them."""
    path = name.split(".")

    def find(row: Any) -> Any:
        for key in path:
            row = row.get(key) if isinstance(row, Mapping) else None
        return row

    if name.endswith("datetime") and shown is None:
        shown = moment
    return Column(title or path[-1], find, shown)


def show_rows(rows: Iterable[Any], columns: Sequence[Column], output: str) -> int:
    """Print a list; the number of its rows."""
    found = list(rows)
    if output == JSON:
        echo_json(found)
    elif output == CSV:
        _csv([[column.of(row) for column in columns] for row in found], columns)
    else:
        _table([[column.text(row) for column in columns] for row in found], columns)
    return len(found)


def show_object(value: Mapping[str, Any], output: str, leave_out: Sequence[str] = ()) -> None:
    """Print one object: its members one below the other, or as JSON, or as CSV of one row."""
    if output == JSON:
        echo_json(value)
        return
    names = [name for name in value if name not in leave_out]
    if output == CSV:
        _csv([[value[name] for name in names]], [field(name, name) for name in names])
        return
    width = max((len(name) for name in names), default=0)
    for name in names:
        told = value[name]
        if isinstance(told, dict) and told:
            text = harmless_json(jsonlib.dumps(told, ensure_ascii=False, indent=2))
            click.echo(f"{harmless(name).ljust(width)}  " + text.replace("\n", "\n" + " " * (width + 2)))
        else:
            click.echo(f"{harmless(name).ljust(width)}  {field(name).text(value)}".rstrip())


def echo_json(value: Any) -> None:
    click.echo(harmless_json(jsonlib.dumps(value, ensure_ascii=False, indent=2)))


def cell(value: Any) -> str:
    """A value as people read it, on one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (dict, list)):
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return harmless(", ".join(value))
        return harmless(jsonlib.dumps(value, ensure_ascii=False))
    return harmless(str(value))


def moment(text: str) -> str:
    """`2025-03-02T14:10:09.5Z` as `2025-03-02 14:10 UTC`."""
    return f"{text[:10]} {text[11:16]} UTC" if text.endswith("Z") and len(text) >= 20 else text


def width_of(text: str) -> int:
    """The columns that a text takes in a terminal."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _table(rows: list[list[str]], columns: Sequence[Column]) -> None:
    titles = [harmless(column.title.upper()) for column in columns]
    shortened = [
        [text if column.whole else _short(text) for column, text in zip(columns, row, strict=True)]
        for row in rows
    ]
    widths = [max(map(width_of, texts)) for texts in zip(titles, *shortened, strict=True)]
    for row in [titles, *shortened]:
        padded = [text + " " * (width - width_of(text)) for text, width in zip(row, widths, strict=True)]
        click.echo("  ".join(padded).rstrip())


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _csv(rows: list[list[Any]], columns: Sequence[Column]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([harmless(column.title) for column in columns])
    writer.writerows([[_csv_cell(value) for value in row] for row in rows])
    click.echo(text.getvalue(), nl=False)


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = ";".join(value)
    text = harmless(value if isinstance(value, str) else jsonlib.dumps(value, ensure_ascii=False))
    # What a spreadsheet would compute.
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def say(text: str) -> None:
    """Tell what happened, beside what is printed for programs."""
    click.echo(harmless(text), err=True)


def is_terminal() -> bool:
    return sys.stdout.isatty()
