"""The address of the search: its keys in their order, and what they ask for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import colander
from pyramid.httpexceptions import HTTPFound

from eoscperf.browse import builder
from eoscperf.browse.builder import FilterRow
from eoscperf.charts import query as chart_query
from eoscperf.metrics.catalogue import Catalogue
from eoscperf.rest import query as query_string
from eoscperf.rest.schema import choice, exact, identifier, instant, name_like, several
from eoscperf.results import filters, jsonpath
from eoscperf.results.query import SORT, STATUSES, Criteria
from eoscperf.results.schemas import conditions as conditions_node
from eoscperf.results.search.criteria import ANY_STATUS
from eoscperf.web.urls import Address, PageQuery, paging, sorting, words

MOST_PICKS = 50
MOST_COLUMNS = 20
MOST_CHOSEN = 50

SEARCH_SORT = dataclasses.replace(SORT, default="-upload_datetime")

BASE = ("benchmark", "site", "flavor", "tags", "executed", "state")
"""Columns that are there unless they are hidden."""

EXTRA = ("uploaded",)
"""Columns that are there when they are asked for."""

DATES = ("execution_after", "execution_before", "upload_after", "upload_before")


def _is_path(node: Any, text: str) -> None:
    try:
        jsonpath.parse(text)
    except jsonpath.BadPath as problem:
        raise colander.Invalid(node, problem.detail) from None


def _ids(key: str, title: str, most: int = MOST_CHOSEN) -> colander.SchemaNode:
    return several(identifier(key, title=title), most=most, title=title)


def _day(key: str, title: str) -> colander.SchemaNode:
    return instant(key, required=False, dates=True, title=title)


def _some(key: str, title: str, *allowed: str) -> colander.SchemaNode:
    return several(choice(key, *allowed, title=title), title=title)


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
    conditions_node(),
    choice("uploader", "me", title="Uploader"),
    name_like("uploader_email", "term", title="E-mail address of the uploader"),
    choice("status", *STATUSES, ANY_STATUS, title="State"),
    several(exact("columns", title="Column", validator=_is_path), most=MOST_COLUMNS, title="Columns"),
    _some("hide", "Hidden columns", *BASE),
    _some("show", "Further columns", *EXTRA),
    sorting(SEARCH_SORT),
    *paging(),
    exact("facet", title="Facet"),
    name_like("find", "term", title="Words in the facet"),
    _ids("pick", "Selection", most=MOST_PICKS),
    *chart_query.keys(),
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
    "uploader_email",
    "status",
)
"""Keys that narrow the search; the others say how it is shown."""


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

    `catalogue` tells what is known of the values: which comparisons they allow, and what is text although
    it looks like a number.
    """
    given = query_string.pairs(request.environ.get("QUERY_STRING", ""))
    compare = ("to", "compare") in given
    in_rows = any(key in (*builder.ROW_KEYS, *builder.RANGE_KEYS) for key, _ in given)
    address = _unredirected(request, given) if compare or in_rows else SEARCH.read(request)
    known = catalogue(address) if address.ok else None
    if compare or not in_rows:
        return Asked(address, builder.rows_of(address.all("filters"), known), compare)
    written = builder.written(given, known)
    kept = list(address.all("filters"))
    wrong: tuple[FilterRow, ...] = ()
    if address.ok:
        kept, wrong = _with_range(given, kept)
    others = [pair for pair in address.pairs if pair[0] != "filters"]
    texts = [("filters", text) for text in (*kept, *written.filters)]
    address = _unredirected(request, [*others, *texts])
    faults = [row.fault for row in (*written.rows, *wrong) if row.fault]
    if not faults:
        raise HTTPFound(location=address.url)
    noted = {**address.errors, "filters": [*faults, *address.errors.get("filters", [])]}
    return Asked(
        dataclasses.replace(address, errors=noted),
        (*builder.rows_of(kept, known), *written.rows, *wrong),
        compare=False,
    )


def criteria(address: Address, uploaders: Sequence[Any] | None = None) -> Criteria:
    """What is asked for, of an address that is good; `uploaders` are the accounts of its e-mail address."""
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
        uploaders=None if uploaders is None else tuple(uploaders),
        execution_after=asked.get("execution_after"),
        execution_before=asked.get("execution_before"),
        upload_after=asked.get("upload_after"),
        upload_before=asked.get("upload_before"),
    )


def _with_range(
    given: Sequence[tuple[str, str]], texts: Sequence[str]
) -> tuple[list[str], tuple[FilterRow, ...]]:
    """The filters with the two ends that were entered, or the row of the builder that shows what is wrong."""
    path, least, greatest = (
        next((text.strip() for name, text in given if name == key), "") for key in builder.RANGE_KEYS
    )
    if not path:
        return list(texts), ()
    try:
        return builder.ranged(texts, path, least, greatest), ()
    except ValueError as problem:
        operator = builder.BETWEEN if least and greatest else ">=" if least else "<="
        value = f"{least} .. {greatest}" if least and greatest else least or greatest
        wrong = FilterRow(path, operator, value, fault=str(problem))
        return list(texts), (builder.with_operators(wrong, None),)


def _unredirected(request: Any, pairs: Sequence[tuple[str, str]]) -> Address:
    """The address of these pairs, whatever their order; keys that are not of the search are left out."""
    asked = SimpleNamespace(
        environ={"QUERY_STRING": urlencode(pairs)},
        path=request.path,
        method="",
        registry=request.registry,
    )
    return SEARCH.read(asked)
