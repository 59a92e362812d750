"""Charts as templates take them: drawing, table, sentences, and the form that asks for another one."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from markupsafe import Markup

from eoscperf.charts import svg
from eoscperf.charts.data import Drawable
from eoscperf.charts.fits import NAMES
from eoscperf.charts.query import KEYS, KINDS
from eoscperf.web.urls import SAFE, Address, Pairs

_CONTROLS = {
    "none": ("chart",),
    "bars": ("chart", "y", "series", "yscale", "err", "of"),
    "strip": ("chart", "y", "series", "yscale", "err", "of"),
    "scaling": ("chart", "x", "y", "series", "xscale", "yscale", "fit", "eff", "err", "of"),
    "scatter": ("chart", "x", "y", "series", "xscale", "yscale", "fit", "of"),
    "heat": ("chart", "y", "of"),
    "history": ("chart", "y", "series", "yscale", "err", "of"),
}
"""What can be chosen for each kind."""

ANCHOR = "charts"
"""Where on a page its charts are."""

SELECTIONS = {"picked": "the selection", "page": "this page", "all": "everything found"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart on a page; `id` begins the ids of its parts."""

    id: str
    chart: Drawable
    drawing: Markup
    data: Markup
    """JSON for scripts, safe inside of `<script>`"""
    result_url: Callable[[uuid.UUID], str] | None = None
    """the page of a run"""
    svg_url: str | None = None
    csv_url: str | None = None


@dataclass(frozen=True, slots=True)
class Controls:
    """The form under a chart: what can be asked for instead.

    `paths` are offered for axes and series, with what each is; `defaults` say what an empty field means.
    """

    path: str
    hidden: Pairs
    shown: tuple[str, ...]
    values: Mapping[str, str]
    errors: Mapping[str, Sequence[str]]
    kinds: tuple[tuple[str, str], ...]
    selections: tuple[tuple[str, str], ...]
    paths: tuple[tuple[str, str], ...]
    defaults: Mapping[str, str]
    questions: tuple[tuple[str, str, bool], ...]
    """what charts answer: words, address, whether it is the present one"""
    fits: tuple[tuple[str, str], ...] = tuple(NAMES.items())


def plain_figure(chart: Drawable, identifier: str = "chart") -> Figure:
    """A chart that has no files, and no marks that are runs."""
    return Figure(
        identifier,
        chart,
        Markup(svg.for_page(chart, identifier)),  # noqa: S704 it escapes every text
        _embedded(chart.as_json()),
    )


def figure(
    request: Any, view: str, address: Address, chart: Drawable, identifier: str = "chart", **more: Any
) -> Figure:
    """A chart of a page; `more` are keys that its files need beside those of the address."""
    pairs = [pair for pair in address.pairs if pair[0] not in ("chart", *more)]
    query = urlencode([("view", view), *more.items(), *pairs], safe=SAFE)
    paths = {
        extension: request.route_path("chart_file", kind=chart.kind, extension=extension)
        for extension in ("svg", "csv")
    }
    found = plain_figure(chart, identifier)
    return dataclasses.replace(
        found,
        result_url=lambda result_id: request.route_path("result_page", result_id=result_id),
        svg_url=f"{paths['svg']}?{query}",
        csv_url=f"{paths['csv']}?{query}",
    )


def controls(
    address: Address,
    paths: Sequence[tuple[str, str]] = (),
    *,
    kinds: Sequence[str] = tuple(KINDS),
    none: bool = True,
    selections: Sequence[str] = (),
    selected: str = "all",
    without: Mapping[str, Sequence[str]] | None = None,
    defaults: Mapping[str, str] | None = None,
    size: str = "",
    asks: bool = True,
) -> Controls:
    """The form for an address with the keys of charts.

    `selections` are the choices of `of` that the page has and `selected` the one that an address without it
    means; `without` names for a kind what cannot be chosen here; `size` is what things scale with unless
    something else is chosen; `asks`: whether there are values to draw without any being chosen.
    """
    kind = address["chart"] if address["chart"] in _CONTROLS else "none"
    shown = [key for key in _CONTROLS[kind] if key not in (without or {}).get(kind, ())]
    if not selections and "of" in shown:
        shown.remove("of")
    # What is wrong is always there to be mended.
    shown += [key for key in KEYS if key in address.errors and key not in shown]
    return Controls(
        path=address.path,
        hidden=address.others(*KEYS),
        shown=tuple(shown),
        values={key: address[key] for key in KEYS},
        errors=address.errors,
        kinds=(*((("none", "none"),) if none else ()), *((name, KINDS[name]) for name in kinds)),
        selections=tuple(("" if name == selected else name, SELECTIONS[name]) for name in selections),
        paths=tuple(paths),
        defaults=defaults or {},
        questions=tuple(_questions(address, kinds, size)) if asks else (),
    )


def _questions(address: Address, kinds: Sequence[str], size: str) -> Iterator[tuple[str, str, bool]]:
    """Charts that need nothing more to be chosen, by the questions that they answer."""
    now = address["chart"], address["eff"]
    blank = dict.fromkeys(KEYS)
    for kind, eff, words in (
        ("bars", "0", "Which is best?"),
        ("strip", "0", "How much do runs scatter?"),
        ("scaling", "0", f"How does it grow with {size}?"),
        ("scaling", "1", f"Does it scale with {size}?"),
        ("heat", "0", "Where is it good?"),
        ("history", "0", "How did it change?"),
    ):
        if kind in kinds and (size or kind != "scaling"):
            url = address.with_(**blank | {"chart": kind, "eff": eff, "of": address.all("of")})
            yield words, f"{url}#{ANCHOR}", now == (kind, eff)


def _embedded(data: Any) -> Markup:
    """JSON that no text in it can end the script element of."""
    text = orjson.dumps(data).decode().replace("<", "\\u003c").replace("\u2028", "\\u2028")
    return Markup(text)  # noqa: S704 nothing in it is markup any more
