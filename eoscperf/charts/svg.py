"""Drawings of charts: for a page, and for a file that stands alone."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from html import escape

from eoscperf.charts.asking import shown
from eoscperf.charts.data import Axis, Drawable, Look, Mark, Series
from eoscperf.charts.heat import shade
from eoscperf.charts.pen import DASHES, GROUND, Pen, cut, polyline, shape
from eoscperf.web.formatting import significant

WIDTH = 760
"""Units across a drawing; a page scales it."""

LABELS = (90, 300)
"""Units for the names of rows, at least and at most."""

LETTER = 6.6
"""Units that a letter of a name takes, about."""

MOST_LETTERS = 42
"""Letters of the name of a row that are shown."""

NAMES = 230
"""Units beside lines and marks for the names of their series."""

HEAD, FOOT = 10, 48

PLOT = 330
"""Units that lines and marks have upwards."""

Lines = list[tuple[str, str]]
"""Text with what it is."""

MOST_TITLES = 400
"""Marks that tell on hovering what they are; with more of them the marks of a series are one path."""


def for_page(chart: Drawable, identifier: str) -> str:
    """With classes; `identifier` begins the ids of title and description."""
    pen = Pen(for_file=False)
    width, height = _draw(chart, pen)
    wide = " chart-wide" if width > WIDTH else ""
    size = f' width="{width:g}"' if wide else ""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}"{size} role="img" class="chart-drawing{wide}"'
        f' aria-labelledby="{identifier}-title {identifier}-desc">'
        f'<title id="{identifier}-title">{escape(chart.title)}</title>'
        f'<desc id="{identifier}-desc">{escape(chart.description)}</desc>{pen.text()}</svg>'
    )


def for_file(chart: Drawable, lines: Sequence[str] = (), *, transparent: bool = False) -> str:
    """With its own colours, on white or on nothing, the title above and the lines below."""
    pen = Pen(for_file=True)
    width, height = _draw(chart, pen)
    told = [
        piece for line in (chart.description, *lines) if line for piece in _wrapped(line, int(width / 6.2))
    ]
    frame = Pen(for_file=True)
    frame.words("heading", 12, 22, cut(chart.title, int(width / 8)))
    for number, line in enumerate(told):
        frame.words("small", 12, 34 + height + 14 * (number + 1), line)
    whole = height + 44 + 14 * len(told)
    ground = "" if transparent else f'<rect width="{width:g}" height="{whole:g}" fill="{GROUND}"/>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {whole:g}" width="{width:g}"'
        f' height="{whole:g}" role="img" aria-labelledby="title desc"'
        " font-family=\"system-ui, Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif\">"
        f'<title id="title">{escape(chart.title)}</title><desc id="desc">{escape(chart.description)}</desc>'
        f'{ground}{frame.text()}<g transform="translate(0 34)">{pen.text()}</g></svg>\n'
    )


def place(axis: Axis, first: float, last: float) -> Callable[[float], float]:
    """From values of an axis to places between its two ends in the drawing."""
    if axis.kind == "log":
        low, high = math.log10(axis.low), math.log10(axis.high)
        return lambda value: first + (math.log10(value) - low) / (high - low) * (last - first)
    # Halves, as the distance between the largest numbers is no number any more.
    whole = axis.high / 2 - axis.low / 2
    return lambda value: first + (value / 2 - axis.low / 2) / whole * (last - first)


def _draw(chart: Drawable, pen: Pen) -> tuple[float, float]:
    if chart.kind == "heat":
        return _heat(chart, pen)
    return _rows(chart, pen) if chart.y.kind == "category" else _plot(chart, pen)


def _rows(chart: Drawable, pen: Pen) -> tuple[float, float]:
    """Bars and strips: values across, a row for each series."""
    row = 36 if chart.kind == "strip" else 26
    bottom = HEAD + row * max(1, len(chart.series))
    right = WIDTH - (30 if chart.kind == "strip" else 80)
    left = _room_for([one.name for one in chart.series])
    x = place(chart.x, left, right)
    _ticks_across(chart.x, pen, x, bottom)
    titled = sum(len(one.marks) for one in chart.series) <= MOST_TITLES
    for number, one in enumerate(chart.series):
        middle = HEAD + row * (number + 0.5)
        pen.words("label", left - 8, middle + 4, cut(one.name, MOST_LETTERS), "end")
        if chart.kind == "strip":
            _strip_row(one, pen, x, middle, row, titled)
        else:
            _bar_row(chart, one, pen, x, middle, row)
    _name_across(chart.x, pen, left, right, bottom)
    return WIDTH, bottom + FOOT


def _bar_row(
    chart: Drawable, one: Series, pen: Pen, x: Callable[[float], float], middle: float, row: float
) -> None:
    for mark in one.marks:
        end = x(mark.x)
        title = f"{one.name}: {shown(mark.x)} ({mark.text})"
        if chart.x.kind == "log":
            _marks([mark], one.look, pen, x, lambda _: middle, titled=True)
        else:
            start = x(0.0)
            left, width = min(start, end), abs(end - start)
            role = "bar-hollow" if one.look.dash else "bar"
            dash = DASHES[one.look.dash - 1] if one.look.dash else ""
            pen.rect(role, left, middle - row / 2 + 4, width, row - 8, one.look, dash=dash, title=title)
        farthest = max(end, _whisker_across(mark, pen, x, middle))
        pen.words("value", farthest + 7, middle + 4, shown(mark.x))
    for dot in one.dots:
        pen.path("run", shape(0, x(dot.x), middle, 3.5), title=f"{one.name}: {shown(dot.x)} (1 run)")


def _strip_row(
    one: Series, pen: Pen, x: Callable[[float], float], middle: float, row: float, titled: bool
) -> None:
    reach = row / 2 - 6
    if one.box:
        box = one.box
        pen.rect("box", x(box.first), middle - reach, x(box.third) - x(box.first), 2 * reach, one.look)
        pen.line("box", x(box.low), middle, x(box.first), middle, one.look)
        pen.line("box", x(box.third), middle, x(box.high), middle, one.look)
    # Runs of the same value lie beside each other, always in the same way.
    apart = {id(mark): (number * 0.618 % 1 - 0.5) * reach * 1.4 for number, mark in enumerate(one.marks)}
    if len(one.marks) < 2:
        apart = dict.fromkeys(apart, 0.0)
    _marks(one.marks, one.look, pen, x, lambda mark: middle + apart[id(mark)], titled, size=3.6)
    if one.middle:
        there = x(one.middle.x)
        pen.line("middle", there, middle - reach - 2, there, middle + reach + 2)
        _whisker_across(one.middle, pen, x, middle)


def _plot(chart: Drawable, pen: Pen) -> tuple[float, float]:
    """Lines and marks: both axes have values."""
    named = _entries(chart)
    height = max(PLOT, sum(len(lines) * 14 + 4 for _, lines in named))
    left, right, bottom = 70, WIDTH - NAMES, HEAD + height
    x, y = place(chart.x, left, right), place(chart.y, bottom, HEAD)
    for tick in chart.y.ticks:
        pen.line("grid", left, y(tick.value), right, y(tick.value))
        pen.words("tick", left - 6, y(tick.value) + 4, tick.text, "end")
    _ticks_across(chart.x, pen, x, bottom)
    pen.line("axis", left, HEAD, left, bottom)
    _names(chart, named, pen, x, y, (right, bottom))
    if chart.reference is not None:
        pen.line("reference", left, y(chart.reference), right, y(chart.reference))
    for one in chart.series:
        _curves(one, pen, x, y)
    titled = sum(len(one.marks) for one in chart.series) <= MOST_TITLES
    for one in chart.series:
        for mark in one.marks:
            if mark.low is not None and mark.high is not None and not one.band:
                _whisker_up(mark, pen, x, y)
        _marks(one.marks, one.look, pen, x, lambda mark: y(mark.y), titled)
    _name_across(chart.x, pen, left, right, bottom)
    pen.words("name", 14, (HEAD + bottom) / 2, cut(chart.y.label, 60), "middle", turn=-90)
    return WIDTH, bottom + FOOT


def _curves(one: Series, pen: Pen, x: Callable[[float], float], y: Callable[[float], float]) -> None:
    for piece in one.band:
        upper = [(x(at), y(high)) for at, _, high in piece]
        lower = [(x(at), y(low)) for at, low, _ in reversed(piece)]
        pen.path("band", polyline([*upper, *lower]) + "z", one.look)
    for line in one.lines:
        pen.path(
            "line", polyline((x(at), y(value)) for at, value in line), one.look, dash=DASHES[one.look.dash]
        )
    if one.fit and len(one.fit.points) > 1:
        pen.path("fit", polyline((x(at), y(value)) for at, value in one.fit.points), one.look)


def _marks(
    marks: Sequence[Mark],
    look: Look,
    pen: Pen,
    x: Callable[[float], float],
    y: Callable[[Mark], float],
    titled: bool,
    size: float = 4.5,
) -> None:
    role = "dot-hollow" if look.hollow else "dot"
    drawn = [(mark, shape(look.shape, x(mark.x), y(mark), size)) for mark in marks]
    if titled:
        for mark, path in drawn:
            pen.path(role, path, look, title=mark.text)
    elif drawn:
        pen.path(role, "".join(path for _, path in drawn), look)


def _entries(chart: Drawable) -> list[tuple[Series, Lines]]:
    """The names of series with marks, each with what is said of its curve."""
    found = []
    for one in chart.series:
        lines = [("label", cut(line, 30)) for line in _wrapped(one.name, 30)[:2]]
        if one.fit:
            lines += [("small", cut(one.fit.formula, 36)), ("small", f"R² {one.fit.r2:.4g}, n {one.fit.n}")]
        elif one.no_fit:
            lines.append(("small", cut(f"no fit: {one.no_fit}", 36)))
        if one.marks:
            found.append((one, lines))
    return found


def _names(
    chart: Drawable,
    named: Sequence[tuple[Series, Lines]],
    pen: Pen,
    x: Callable[[float], float],
    y: Callable[[float], float],
    corner: tuple[float, float],
) -> None:
    """Each series named beside its last mark, as near as the others allow."""
    right, bottom = corner
    has_lines = chart.kind != "scatter"
    wanted = sorted(
        ((y(one.marks[-1].y), at, one, lines) for at, (one, lines) in enumerate(named)),
        key=lambda entry: entry[:2],
    )
    places = _apart([(start, len(lines) * 14 + 4) for start, _, _, lines in wanted], bottom)
    for (_, _, one, lines), top in zip(wanted, places, strict=True):
        if has_lines:
            end = one.marks[-1]
            pen.path("leader", polyline([(x(end.x), y(end.y)), (right + 4, top)]))
            dash = DASHES[one.look.dash]
            pen.path("line", polyline([(right + 6, top), (right + 30, top)]), one.look, dash=dash)
        pen.path("dot-hollow" if one.look.hollow else "dot", shape(one.look.shape, right + 18, top), one.look)
        for number, (role, line) in enumerate(lines):
            pen.words(role, right + 34, top + 4 + 14 * number, line)


def _apart(wanted: Sequence[tuple[float, float]], bottom: float) -> list[float]:
    """Places as near as possible to those wanted, ascending, each with so much room below it."""
    places: list[float] = []
    free = HEAD + 6.0
    for start, room in wanted:
        places.append(max(start, free))
        free = places[-1] + room
    lowest = bottom + 10
    for number in range(len(places) - 1, -1, -1):
        places[number] = min(places[number], lowest - wanted[number][1])
        lowest = places[number]
    return places


def _heat(chart: Drawable, pen: Pen) -> tuple[float, float]:
    columns, rows = chart.x.categories, chart.y.categories
    left, top = _room_for(rows), 22 + min(140, 6 * max((len(name) for name in columns), default=0))
    across = min(90.0, max(50.0, (WIDTH - left - 40) / max(1, len(columns))))
    down = 30.0
    for number, name in enumerate(columns):
        pen.words("label", left + across * (number + 0.5) + 4, top - 8, cut(name, 28), turn=-55)
    for number, name in enumerate(rows):
        pen.words("label", left - 8, top + down * (number + 0.5) + 4, cut(name, MOST_LETTERS), "end")
        pen.line("grid", left, top + down * number, left + across * len(columns), top + down * number)
    pen.line("grid", left, top + down * len(rows), left + across * len(columns), top + down * len(rows))
    for mark in itertools.chain.from_iterable(one.marks for one in chart.series):
        ratio = mark.value or 0.0
        x, y = left + across * mark.x, top + down * mark.y
        pen.rect(f"shade-{shade(ratio)}", x + 1, y + 1, across - 2, down - 2, title=mark.text)
        pen.words("value", x + across / 2, y + down / 2 + 4, significant(ratio, 3), "middle")
    width = left + across * len(columns) + 40 + (60 if columns else 0)
    return max(float(WIDTH), width), top + down * max(1, len(rows)) + 14


def _room_for(names: Sequence[str]) -> float:
    """Units beside an axis of categories."""
    longest = max((min(len(name), MOST_LETTERS) for name in names), default=0)
    return min(LABELS[1], max(LABELS[0], 20 + LETTER * longest))


def _ticks_across(axis: Axis, pen: Pen, x: Callable[[float], float], bottom: float) -> None:
    last = -math.inf
    for tick in axis.ticks:
        there = x(tick.value)
        pen.line("grid", there, HEAD - 4, there, bottom)
        if there - last > 7 * len(tick.text):
            pen.words("tick", there, bottom + 16, tick.text, "middle")
            last = there
    if axis.ticks:
        ends = x(axis.low), x(axis.high)
        pen.line("axis", ends[0], bottom, ends[1], bottom)


def _name_across(axis: Axis, pen: Pen, left: float, right: float, bottom: float) -> None:
    pen.words("name", (left + right) / 2, bottom + 38, cut(axis.label, 90), "middle")


def _whisker_across(mark: Mark, pen: Pen, x: Callable[[float], float], middle: float) -> float:
    """Draws it and says where it ends on the right."""
    if mark.low is None or mark.high is None:
        return -math.inf
    low, high = x(mark.low), x(mark.high)
    pen.path(
        "whisker",
        f"{polyline([(low, middle), (high, middle)])}{polyline([(low, middle - 5), (low, middle + 5)])}"
        f"{polyline([(high, middle - 5), (high, middle + 5)])}",
    )
    return high


def _whisker_up(mark: Mark, pen: Pen, x: Callable[[float], float], y: Callable[[float], float]) -> None:
    if mark.low is None or mark.high is None:
        return
    there, low, high = x(mark.x), y(mark.low), y(mark.high)
    pen.path(
        "whisker",
        f"{polyline([(there, low), (there, high)])}{polyline([(there - 4, low), (there + 4, low)])}"
        f"{polyline([(there - 4, high), (there + 4, high)])}",
    )


def _wrapped(text: str, longest: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > longest:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
