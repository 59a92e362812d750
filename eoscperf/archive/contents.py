"""What of the database belongs into an archive: every table that is neither derived nor short-lived."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.ddl import sort_tables_and_constraints

from eoscperf import extend
from eoscperf.archive.manifest import ArchiveProblem
from eoscperf.db import metadata
from eoscperf.listing import search_text
from eoscperf.review.models import reviewed_kinds
from eoscperf.scripts.migrations import CORE, owner_of

NOT_ARCHIVED = {
    "result_fields": "derived from the schemas of benchmarks",
    "result_values": "derived from the JSON of results",
    "result_tallies": "counted from the results",
    "cell_inputs": "counted from the results",
    "cell_summaries": "computed from the results",
    "catalogue_stamps": "tells the processes of one installation that something has changed",
    "idempotency_records": "answers kept for a day, for clients that try again",
    "web_sessions": "log-ins of browsers at one installation",
    "api_tokens": "secrets of one installation: a copy of it must not be open to whoever has them",
}
"""Tables of the core that are left out, and why. A plug-in says so of its own: `info={"archived": False}`."""

JSON_TEXT = {
    "benchmarks": frozenset({"json_schema", "image_check"}),
    "log_entries": frozenset({"details"}),
    "metric_catalogues": frozenset({"metrics"}),
    "results": frozenset({"json", "provenance"}),
}
"""Columns of the core whose text is JSON. A plug-in says so of its own: `info={"json_text": True}`."""

DERIVED = "search_text"
"""The column that is made anew from the others. Those with `info={"derived": True}` the database fills in."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing: a table and the file of an archive with a line for each of its rows."""

    table: sa.Table
    owner: str
    """`core` or the plug-in"""
    columns: tuple[sa.Column[Any], ...] = field(init=False)
    """what a line says, the key first"""

    def __post_init__(self) -> None:
        kept = [column for column in self.table.columns if not _is_derived(column, self.owner)]
        kept.sort(key=lambda column: not column.primary_key)
        object.__setattr__(self, "columns", tuple(kept))

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def file(self) -> str:
        return f"{self.name}.ndjson"

    def is_json_text(self, column: sa.Column[Any]) -> bool:
        if self.owner == CORE:
            return column.name in JSON_TEXT.get(self.name, ())
        return bool(column.info.get("json_text"))


def _is_derived(column: sa.Column[Any], owner: str) -> bool:
    return (column.name == DERIVED and owner == CORE) or bool(column.info.get("derived"))


def kinds(plugins: Iterable[str] = ()) -> list[Kind]:
    """Everything that is archived of the core and of these plug-ins; what is referred to comes first."""
    plugins = tuple(plugins)
    extend.import_models(plugins)
    owners = {CORE, *plugins}
    known = {*owners, *extend.installed()}
    tables = [
        table
        for table in metadata.tables.values()
        if owner_of(table.name, known) in owners and _is_archived(table, owner_of(table.name, known))
    ]
    tables.sort(key=lambda table: table.name)
    ordered = [table for table, _ in sort_tables_and_constraints(tables) if table is not None]
    _check_order(ordered)
    return [Kind(table, owner_of(table.name, known)) for table in ordered]


def strangers(connection: sa.Connection, plugins: Iterable[str] = ()) -> list[str]:
    """Tables in the database that neither the core nor one of these plug-ins knows, with rows in them."""
    plugins = tuple(plugins)
    extend.import_models(plugins)
    known = {CORE, *plugins, *extend.installed()}
    owners = {CORE, *plugins}
    ours = {name for name in metadata.tables if owner_of(name, known) in owners}
    found = []
    for name in sorted(sa.inspect(connection).get_table_names()):
        if name in ours or name == "alembic_version":
            continue
        if connection.execute(sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)).first():
            found.append(name)
    return found


def search_text_of(kind: Kind, row: Mapping[str, Any]) -> str | None:
    """What is kept for searching in a row; None when nothing is."""
    if kind.owner != CORE or DERIVED not in kind.table.columns:
        return None
    reviewed = {model.__tablename__: model for model in reviewed_kinds().values()}
    if kind.name in reviewed:
        return search_text(*reviewed[kind.name](**row).searched())
    if kind.name not in _SEARCHED:
        raise ArchiveProblem(f"Nothing says what a search looks for in {kind.name}.")
    return search_text(*(row[name] for name in _SEARCHED[kind.name]))


_SEARCHED = {"users": ("email",), "tags": ("name", "description")}


def _check_order(tables: list[sa.Table]) -> None:
    """Rows may refer to any row of their own table, and to what comes before it.

    Tables that refer to each other need a foreign key that is checked at the end of a transaction only.
    """
    earlier: set[sa.Table] = set()
    for table in tables:
        earlier.add(table)
        for key in table.foreign_keys:
            if key.column.table not in earlier and not key.deferrable:
                raise ArchiveProblem(
                    f"{table.name} and {key.column.table.name} refer to each other: the foreign key of "
                    f"{key.parent} has to be deferrable, or the rows could not be imported."
                )


def _is_archived(table: sa.Table, owner: str) -> bool:
    if owner == CORE:
        return table.name not in NOT_ARCHIVED
    return bool(table.info.get("archived", True))
