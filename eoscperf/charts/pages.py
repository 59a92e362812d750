"""Charts as files: the drawing, and its marks as a table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from pyramid.response import Response

from eoscperf import errors
from eoscperf.charts import svg
from eoscperf.charts.data import Drawable
from eoscperf.charts.query import KINDS
from eoscperf.charts.sources import ChartSource, sources
from eoscperf.errors import Issue
from eoscperf.rest import query as query_string
from eoscperf.rest.renderer import entity_tag, is_known, not_modified
from eoscperf.results.exports.text import table_csv
from eoscperf.web.urls import Address

_FILES = {"svg": "image/svg+xml", "csv": "text/csv"}


def chart_file(request: Any) -> Any:
    """A chart that a page has, by the keys of that page, as SVG or CSV."""
    kind, extension = request.matchdict["kind"], request.matchdict["extension"]
    if kind not in KINDS:
        raise HTTPNotFound
    source, address = _asked(request, kind)
    chart = source.draw(request, address)
    if chart is None:
        raise errors.NotFound("There is nothing to draw at this address.")
    body = _svg(request, chart) if extension == "svg" else _csv(chart)
    response = Response(body, content_type=_FILES[extension], charset="utf-8")
    if extension == "svg":
        # XML says itself how it is written.
        response.charset = None
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    how = "inline" if extension == "svg" else "attachment"
    response.headers["Content-Disposition"] = f'{how}; filename="{_name(chart)}.{extension}"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["ETag"] = tag = entity_tag(body, weak=False)
    if is_known(request, tag):
        response.body = b""
        return not_modified(response)
    return response


def _asked(request: Any, kind: str) -> tuple[ChartSource, Address]:
    pairs = query_string.pairs(request.environ.get("QUERY_STRING", ""))
    known = sources(request.registry)
    source = known.get(next((value for key, value in pairs if key == "view"), ""))
    if source is None:
        allowed = ", ".join(sorted(known))
        raise errors.Invalid([Issue(f"must be one of {allowed}", "query", "view")])
    if not request.has_permission(source.permission):
        raise HTTPForbidden
    pairs = [pair for pair in pairs if pair[0] not in ("view", "chart")]
    address = source.query.check(request.path, [*pairs, ("chart", kind)], request.registry.settings)
    if not address.ok:
        raise errors.Invalid(
            [Issue(text, "query", name) for name, texts in address.errors.items() for text in texts]
        )
    return source, address


def _svg(request: Any, chart: Drawable) -> bytes:
    name = request.registry.settings["pages.name"]
    lines = (*chart.notes, chart.left_out.sentence, f"{name}, {request.application_url}")
    transparent = ("ground", "none") in query_string.pairs(request.environ.get("QUERY_STRING", ""))
    return svg.for_file(chart, lines, transparent=transparent).encode()


def _csv(chart: Drawable) -> bytes:
    return b"".join(table_csv(_lines(chart)))


def _lines(chart: Drawable) -> Iterator[list[str | float | None]]:
    """The table, and for runs their ids."""
    has_runs = any(cell.result_id for row in chart.table.rows for cell in row)
    yield [*chart.table.headings, *(["Result"] if has_runs else [])]
    for row in chart.table.rows:
        line: list[str | float | None] = [cell.text if cell.value is None else cell.value for cell in row]
        if has_runs:
            line.append(next((str(cell.result_id) for cell in row if cell.result_id), None))
        yield line


def _name(chart: Drawable) -> str:
    text = unicodedata.normalize("NFKD", chart.title).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.").lower()[:80] or "chart"


def includeme(config: Any) -> None:
    config.add_route("chart_file", r"/charts/{kind:[a-z]+}.{extension:svg|csv}")
    config.add_view(chart_file, route_name="chart_file", request_method="GET", permission="chart:read")
