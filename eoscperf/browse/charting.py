"""Charts of the results that a search finds, or of those that are picked."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from eoscperf.browse.conditions import SEARCH_SORT
from eoscperf.charts import figures
from eoscperf.charts import query as chart_query
from eoscperf.charts.asking import Asked, refuse
from eoscperf.charts.data import Drawable
from eoscperf.charts.drawing import draw
from eoscperf.charts.fields import field_at, headline_field, offered, size_field
from eoscperf.charts.query import OWN_SERIES
from eoscperf.charts.reading import MOST, read
from eoscperf.charts.runs import Measurements
from eoscperf.comparison.drawing import summarise
from eoscperf.metrics.catalogue import Catalogue
from eoscperf.results.search.criteria import Criteria
from eoscperf.results.service import Results
from eoscperf.web.urls import Address, sort_keys


def chart(
    request: Any, address: Address, criteria: Criteria, catalogue: Catalogue | None, subject: str
) -> Drawable | None:
    """The chart that an address asks for; None for none.

    `catalogue` and `subject` are those of the one benchmark that is asked for. Raises Invalid.
    """
    wanted = chart_query.wanted(address.values)
    if wanted.chart == "none":
        return None
    y = field_at(catalogue, wanted.y) if wanted.y else headline_field(catalogue)
    if y is None:
        raise refuse(
            "y",
            "is missing: name the path of a number, or choose one benchmark, which names its own",
        )
    x = field_at(catalogue, wanted.x) if wanted.x else size_field(catalogue)
    asked = Asked(wanted, y, summarise(), subject, x)
    across = [x.path] if x and wanted.chart in ("scaling", "scatter") else []
    series = [] if wanted.series in (None, *OWN_SERIES) else [str(wanted.series)]
    inputs = [(metric.path, metric.label) for metric in catalogue.inputs] if catalogue else []
    paths = list(dict.fromkeys([y.path, *across, *series, *(path for path, _ in inputs)]))
    measured = _measured(request, address, criteria, paths)
    mixed = _mixed(measured, [pair for pair in inputs if pair[0] not in (*across, *series)])
    if mixed:
        note = f"Runs with different {mixed} are drawn together; narrow the search to tell them apart."
        asked = dataclasses.replace(asked, notes=(*asked.notes, note), summarise=summarise(alike=False))
    return draw(asked, measured)


def controls(address: Address, catalogue: Catalogue | None) -> figures.Controls:
    """The form that asks for a chart of what is found."""
    y, size = headline_field(catalogue), size_field(catalogue)
    picked = address.has("pick")
    return figures.controls(
        address,
        offered(catalogue),
        selections=("picked", "page", "all") if picked else ("page", "all"),
        selected="picked" if picked else "all",
        defaults={"x": size.path if size else "", "y": y.path if y else ""},
        size=size.label if size else "",
        asks=y is not None,
    )


def _measured(request: Any, address: Address, criteria: Criteria, paths: Sequence[str]) -> Measurements:
    picked = tuple(address.values.get("pick", ()))
    of = address.values.get("of") or ("picked" if picked else "all")
    offset, most = 0, MOST
    if of == "picked":
        if not picked:
            raise refuse("of", "needs a selection: pick results first")
        # Picks stay when the conditions change.
        criteria = Criteria(ids=picked, status=criteria.status, own=criteria.own)
    elif of == "page":
        most = address.values["per_page"]
        offset = (address.values["page"] - 1) * most
    found = read(
        request.dbsession,
        request.find_service(Results).search(criteria),
        paths,
        sort_keys(address, SEARCH_SORT),
        tags=address.values.get("series") == "tag",
        offset=offset,
        most=most,
    )
    return dataclasses.replace(found, cut=None) if of == "page" else found


def _mixed(measured: Measurements, inputs: Sequence[tuple[str, str]]) -> str:
    """The inputs that the runs do not have in common, in words."""
    return " and ".join(
        label for path, label in inputs if len({repr(run.values.get(path)) for run in measured.runs}) > 1
    )
