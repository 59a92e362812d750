"""Writes SVG: for a page with classes that its styles know, for a file with colours of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from eoscperf.charts.data import Look

GROUND, TEXT, QUIET, LINE, EDGE = "#ffffff", "#17222a", "#4b5b65", "#cdd7dc", "#6f808a"

INKS = (
    "#0a6c8f",
    "#b8500a",
    "#1d7a4b",
    "#8a3fa0",
    "#8f6b00",
    "#b3265e",
    "#3f55b5",
    "#5c6670",
)
"""Of series 1 to 8 on white: those of the pages in their light theme."""

DASHES = ("", "7 4", "2 3", "9 3 2 3")

SHADES = (0.04, 0.1, 0.17, 0.25, 0.33, 0.41, 0.5)
"""How much of the first ink is in each shade: text stays readable on all of them."""

_TEXT = {"fill": TEXT, "font-size": "12"}

FILE_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "grid": {"stroke": LINE},
    "axis": {"stroke": EDGE},
    "reference": {"stroke": TEXT, "stroke-dasharray": "5 4"},
    "leader": {"stroke": LINE, "fill": "none"},
    "tick": _TEXT | {"fill": QUIET},
    "label": _TEXT,
    "name": _TEXT,
    "value": _TEXT,
    "small": {"fill": QUIET, "font-size": "11"},
    "heading": {"fill": TEXT, "font-size": "15", "font-weight": "bold"},
    "bar": {"fill": "ink", "stroke": "ink"},
    "bar-hollow": {"fill": "ink", "fill-opacity": "0.2", "stroke": "ink", "stroke-width": "1.5"},
    "whisker": {"fill": "none", "stroke": TEXT, "stroke-width": "1.5"},
    "middle": {"fill": "none", "stroke": TEXT, "stroke-width": "2.5"},
    "dot": {"fill": "ink", "stroke": "ink", "stroke-width": "1.5"},
    "dot-hollow": {"fill": GROUND, "stroke": "ink", "stroke-width": "1.5"},
    "run": {"fill": GROUND, "stroke": TEXT, "stroke-width": "1.5"},
    "box": {"fill": "none", "stroke": "ink", "stroke-width": "1.5"},
    "line": {"fill": "none", "stroke": "ink", "stroke-width": "2"},
    "fit": {"fill": "none", "stroke": "ink", "stroke-width": "1"},
    "band": {"fill": "ink", "fill-opacity": "0.18"},
    **{f"shade-{at}": {"fill": INKS[0], "fill-opacity": f"{share:g}"} for at, share in enumerate(SHADES)},
}
"""How what is drawn looks in a file; "ink" is the colour of its series. Pages have classes of these names."""


class Pen:
    """Collects elements; `for_file` writes colours instead of classes."""

    def __init__(self, *, for_file: bool) -> None:
        self.for_file = for_file
        self._parts: list[str] = []

    def text(self) -> str:
        """All elements so far."""
        return "".join(self._parts)

    def line(self, role: str, x1: float, y1: float, x2: float, y2: float, look: Look | None = None) -> None:
        self.path(role, f"M{at(x1)} {at(y1)}L{at(x2)} {at(y2)}", look)

    def path(self, role: str, d: str, look: Look | None = None, *, dash: str = "", title: str = "") -> None:
        more = {"stroke-dasharray": dash} if dash else {}
        self._add("path", role, look, {"d": d, **more}, title)

    def rect(
        self,
        role: str,
        x: float,
        y: float,
        width: float,
        height: float,
        look: Look | None = None,
        *,
        dash: str = "",
        title: str = "",
    ) -> None:
        size = {"x": at(x), "y": at(y), "width": at(width), "height": at(height)}
        self._add("rect", role, look, size | ({"stroke-dasharray": dash} if dash else {}), title)

    def words(
        self, role: str, x: float, y: float, text: str, anchor: str = "start", *, turn: float = 0
    ) -> None:
        given = {"x": at(x), "y": at(y)}
        if anchor != "start":
            given["text-anchor"] = anchor
        if turn:
            given["transform"] = f"rotate({turn:g} {at(x)} {at(y)})"
        self._add("text", role, None, given, "", text)

    def _add(
        self, tag: str, role: str, look: Look | None, given: Mapping[str, str], title: str, text: str = ""
    ) -> None:
        attributes = {**self._style(role, look), **given}
        inside = f"<title>{escape(title)}</title>" if title else escape(text)
        written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        self._parts.append(f"<{tag}{written}>{inside}</{tag}>" if inside else f"<{tag}{written}/>")

    def _style(self, role: str, look: Look | None) -> dict[str, str]:
        colour = look.colour if look else 1
        if not self.for_file:
            return {"class": f"chart-{role} ink-{colour}" if look else f"chart-{role}"}
        ink = INKS[colour - 1]
        return {name: ink if value == "ink" else value for name, value in FILE_ATTRIBUTES[role].items()}


def shape(number: int, x: float, y: float, r: float = 4.5) -> str:
    """A path around a place: circle, square, triangle, diamond, triangle upside down, cross."""
    return _SHAPES[number].format(x=at(x), y=at(y), **{name: at(r * size) for name, size in _SIZES.items()})


def polyline(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{at(x)} {at(y)}" for x, y in points)


def at(value: float) -> str:
    """A place to a hundredth."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


_SIZES = {
    "r": 1.0,
    "d": 2.0,
    "s": 0.88,
    "w": 1.76,
    "u": 1.1,
    "v": 2.2,
    "h": 1.9,
    "e": 1.3,
    "t": 0.4,
    "q": 0.8,
}

_SHAPES = (
    "M{x} {y}m-{r} 0a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0z",
    "M{x} {y}m-{s} -{s}h{w}v{w}h-{w}z",
    "M{x} {y}m0 -{u}l{u} {h}h-{v}z",
    "M{x} {y}m0 -{e}l{e} {e}l-{e} {e}l-{e} -{e}z",
    "M{x} {y}m0 {u}l{u} -{h}h-{v}z",
    "M{x} {y}m-{t} -{e}h{q}v{e}m0 0m0 0h{e}v{q}h-{e}v{e}h-{q}v-{e}h-{e}v-{q}h{e}z",
)
