"""The address of the search: its keys, and the rows of a form that filters are built in."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import colander
from pyramid.httpexceptions import HTTPFound

from eoscperf.metrics.catalogue import Catalogue
from eoscperf.rest import query as query_string
from eoscperf.rest.schema import choice, exact, identifier, instant, several
from eoscperf.results import filters, jsonpath
from eoscperf.results.query import SORT, STATUSES, Criteria
from eoscperf.web.urls import Address, PageQuery, paging, sorting, words

MOST_PICKS = 50
MOST_COLUMNS = 20
MOST_CHOSEN = 50

SEARCH_SORT = dataclasses.replace(SORT, default="-upload_datetime")

BETWEEN = "between"
OPERATORS = (*filters.OPERATORS[:6], BETWEEN, *filters.OPERATORS[6:])
"""What the builder offers; `between` is written as two filters."""

ROW_KEYS = ("f_path", "f_op", "f_value")

DATES = ("execution_after", "execution_before", "upload_after", "upload_before")


def _is_filter(node: Any, text: str) -> None:
    try:
        filters.parse(text)
    except filters.FilterSyntax as problem:
        raise colander.Invalid(node, _told(problem)) from None


def _is_path(node: Any, text: str) -> None:
    try:
        jsonpath.parse(text)
    except jsonpath.BadPath as problem:
        raise colander.Invalid(node, problem.detail) from None


def _ids(key: str, title: str, most: int = MOST_CHOSEN) -> colander.SchemaNode:
    return several(identifier(key, title=title), most=most, title=title)


def _day(key: str, title: str) -> colander.SchemaNode:
    return instant(key, required=False, dates=True, title=title)


SEARCH = PageQuery(
    words(),
    _ids("benchmark_id", "Benchmarks"),
    _ids("site_id", "Sites"),
    _ids("flavor_id", "Flavors"),
    _ids("tags_ids", "Tags"),
    _day("execution_after", "Executed after"),
    _day("execution_before", "Executed before"),
    _day("upload_after", "Uploaded after"),
    _day("upload_before", "Uploaded before"),
    several(exact("filters", title="Condition", validator=_is_filter), limit="filters", title="Conditions"),
    choice("uploader", "me", title="Uploader"),
    choice("status", *STATUSES, title="State"),
    several(exact("columns", title="Column", validator=_is_path), most=MOST_COLUMNS, title="Columns"),
    sorting(SEARCH_SORT),
    *paging(),
    exact("facet", title="Facet"),
    _ids("pick", "Selection", most=MOST_PICKS),
)

CONDITIONS = (
    "terms",
    "benchmark_id",
    "site_id",
    "flavor_id",
    "tags_ids",
    *DATES,
    "filters",
    "uploader",
    "status",
)
"""Keys that narrow the search; the others say how it is shown."""


@dataclass(frozen=True, slots=True)
class FilterRow:
    """One row of the builder, with what is wrong with it."""

    path: str = ""
    operator: str = "=="
    value: str = ""
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request for the search asks."""

    address: Address
    rows: tuple[FilterRow, ...]
    """of the builder, without the empty one"""
    compare: bool
    """whether the selection shall be compared"""


def read(request: Any, catalogue: Callable[[Address], Catalogue | None]) -> Asked:
    """The address of the search; rows of the builder become filters by a redirect (302).

    `catalogue` tells what is known of the values, to write text that looks like a number as text.
    """
    given = query_string.pairs(request.environ.get("QUERY_STRING", ""))
    compare = ("to", "compare") in given
    if not compare and not any(key in ROW_KEYS for key, _ in given):
        address = SEARCH.read(request)
        return Asked(address, tuple(map(_row_of, address.all("filters"))), compare=False)
    others = [pair for pair in given if pair[0] not in (*ROW_KEYS, "to")]
    address = _unredirected(request, others)
    if compare:
        return Asked(address, tuple(map(_row_of, address.all("filters"))), compare=True)
    known = catalogue(address) if address.ok else None
    written = [_write(row, known) for row in _sent(given)]
    faults = [row.fault for row, _ in written if row.fault]
    added = [("filters", text) for _, texts in written for text in texts]
    address = _unredirected(request, [*others, *added])
    if not faults:
        raise HTTPFound(location=address.url)
    noted = {**address.errors, "filters": [*faults, *address.errors.get("filters", [])]}
    return Asked(dataclasses.replace(address, errors=noted), tuple(row for row, _ in written), compare=False)


def criteria(address: Address) -> Criteria:
    """What is asked for, of an address that is good."""
    asked = address.values
    return Criteria(
        benchmark_ids=tuple(asked.get("benchmark_id", ())),
        site_ids=tuple(asked.get("site_id", ())),
        flavor_ids=tuple(asked.get("flavor_id", ())),
        tags_ids=tuple(asked.get("tags_ids", ())),
        terms=tuple(asked.get("terms", ())),
        filters=tuple(filters.parse(text) for text in asked.get("filters", ())),
        status=asked.get("status"),
        own=asked.get("uploader") == "me",
        execution_after=asked.get("execution_after"),
        execution_before=asked.get("execution_before"),
        upload_after=asked.get("upload_after"),
        upload_before=asked.get("upload_before"),
    )


def value_text(condition: filters.Filter) -> str:
    """The value of a filter as somebody would type it: quoted where it would be read as something else."""
    if condition.operator == "exists":
        return "" if condition.value.typed else "false"
    start = f"{condition.path.text()} {condition.operator} "
    written = condition.text().removeprefix(start)
    if condition.operator == "in" or not isinstance(condition.value.typed, str):
        return written
    try:
        bare = filters.parse(start + condition.value.typed)
    except filters.FilterSyntax:
        return written
    return condition.value.typed if bare == condition else written


def toggled(texts: Iterable[str], path: str, literals: Sequence[str]) -> list[str]:
    """The filters with those that choose values at a path replaced by one that chooses these."""
    kept = [text for text in texts if not _chooses(text, path)]
    if not literals:
        return kept
    if len(literals) == 1:
        return [*kept, f"{path} == {literals[0]}"]
    return [*kept, f"{path} in [{', '.join(literals)}]"]


def _chooses(text: str, path: str) -> bool:
    condition = filters.parse(text)
    return condition.operator in ("==", "in") and condition.path.text() == path


def _unredirected(request: Any, pairs: Sequence[tuple[str, str]]) -> Address:
    asked = SimpleNamespace(
        environ={"QUERY_STRING": urlencode(pairs)},
        path=request.path,
        method="",
        registry=request.registry,
    )
    return SEARCH.read(asked)


def _sent(given: Sequence[tuple[str, str]]) -> list[FilterRow]:
    """The rows as they were sent, the empty ones left out."""
    lists = [[text.strip() for name, text in given if name == key] for key in ROW_KEYS]
    rows = [FilterRow(*parts) for parts in itertools.zip_longest(*lists, fillvalue="")]
    return [row for row in rows if row.path or row.value]


def _write(row: FilterRow, catalogue: Catalogue | None) -> tuple[FilterRow, list[str]]:
    """The filters that a row stands for; a row that is not complete comes back with a fault."""
    if not row.path:
        return dataclasses.replace(row, fault=f"The condition on {row.value[:40]!r} lacks a path."), []
    if not row.value and row.operator != "exists":
        return dataclasses.replace(row, fault=f"The condition on {row.path[:40]!r} lacks a value."), []
    if row.operator != BETWEEN:
        value = _quoted(row, catalogue)
        return row, [f"{row.path} {row.operator} {value}".strip()]
    ends = [end for end in re.split(r"\s*(?:\.\.|,|\band\b)\s*", row.value) if end]
    if len(ends) != 2:
        return dataclasses.replace(row, fault=f"Between takes two values: {row.path[:40]} 4 .. 16."), []
    return row, [f"{row.path} >= {ends[0]}", f"{row.path} <= {ends[1]}"]


def _quoted(row: FilterRow, catalogue: Catalogue | None) -> str:
    """The value; text that looks like a number or a boolean is quoted where the place holds text."""
    metric = catalogue.get(row.path) if catalogue else None
    if metric is None or metric.kind != "string" or row.operator in ("in", "exists") or row.value[:1] == '"':
        return row.value
    value = filters.parse(f"x == {row.value}").value
    return row.value if isinstance(value.typed, str) else f'"{row.value}"'


def _row_of(text: str) -> FilterRow:
    """A filter of the address in the builder."""
    try:
        condition = filters.parse(text)
    except filters.FilterSyntax as problem:
        path, _, rest = text.partition(" ")
        operator, _, value = rest.strip().partition(" ")
        return FilterRow(path, operator, value.strip(), fault=_told(problem))
    return FilterRow(condition.path.text(), condition.operator, value_text(condition))


def _told(problem: filters.FilterSyntax) -> str:
    return f"{problem.detail} Character {problem.position + 1}. Example: {problem.example}"
