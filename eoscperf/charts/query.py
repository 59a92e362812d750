"""The keys of addresses that say what is drawn, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import colander

from eoscperf.rest.schema import choice, exact
from eoscperf.results import jsonpath

KINDS = {
    "bars": "Bars: which is best?",
    "strip": "Strip: how much do runs scatter?",
    "scaling": "Scaling: how does it grow?",
    "scatter": "Scatter: how do two values relate?",
    "heat": "Heat map: where is it good?",
    "history": "History: how did it change?",
}
"""What can be drawn, with the question that it answers."""

FITS = ("none", "linear", "log", "exp", "power", "poly2", "poly3")
SCALES = ("lin", "log")
ERRORS = ("ci", "range", "none")
SELECTIONS = ("picked", "page", "all")
OWN_SERIES = ("site", "flavor", "tag")
"""What runs can be told apart by, beside a path of their JSON."""

KEYS = ("chart", "x", "y", "series", "xscale", "yscale", "fit", "eff", "err", "of")
"""In the order in which they stand in addresses."""

Scale = Literal["lin", "log"]


def keys(default: str = "none") -> tuple[colander.SchemaNode, ...]:
    """Nodes for the query of a page that draws `default` unless it is asked for something else."""
    return (
        choice("chart", "none", *KINDS, default_text=default, missing=default, title="Chart"),
        exact("x", title="x axis", validator=_is_path),
        exact("y", title="y axis", validator=_is_path),
        exact("series", title="Series", validator=_is_series),
        choice("xscale", *SCALES, default_text="lin", missing="lin", title="Scale of x"),
        choice("yscale", *SCALES, default_text="lin", missing="lin", title="Scale of y"),
        choice("fit", *FITS, default_text="none", missing="none", title="Fit"),
        choice("eff", "0", "1", default_text="0", missing="0", title="Parallel efficiency"),
        choice("err", *ERRORS, default_text="ci", missing="ci", title="Error bars"),
        choice("of", *SELECTIONS, title="Results drawn"),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be drawn. `chart` "none": nothing; None of the others: what suits the data."""

    chart: str = "none"
    x: str | None = None
    y: str | None = None
    series: str | None = None
    xscale: Scale = "lin"
    yscale: Scale = "lin"
    fit: str = "none"
    efficiency: bool = False
    error: str = "ci"
    of: str | None = None


def wanted(values: Mapping[str, Any]) -> Wanted:
    """Of the checked values of an address."""
    return Wanted(
        chart=values.get("chart", "none"),
        x=values.get("x"),
        y=values.get("y"),
        series=values.get("series"),
        xscale=values.get("xscale", "lin"),
        yscale=values.get("yscale", "lin"),
        fit=values.get("fit", "none"),
        efficiency=values.get("eff") == "1",
        error=values.get("err", "ci"),
        of=values.get("of"),
    )


def _is_path(node: Any, text: str) -> None:
    try:
        jsonpath.parse(text)
    except jsonpath.BadPath as problem:
        raise colander.Invalid(node, problem.detail) from None


def _is_series(node: Any, text: str) -> None:
    if text not in OWN_SERIES:
        _is_path(node, text)
