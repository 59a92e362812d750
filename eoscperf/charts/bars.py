"""Bars from zero: which is best? On a logarithmic axis, which has no zero, dots."""

from __future__ import annotations

from collections.abc import Sequence

from eoscperf.charts import scales
from eoscperf.charts.asking import (
    INTERVAL,
    MOST_SERIES,
    Asked,
    Row,
    error_words,
    number_cell,
    reach,
    sentences,
    text_cell,
    value_axis,
)
from eoscperf.charts.data import Cell, Drawable, LeftOut, Mark, Part, Series, Table
from eoscperf.charts.runs import Measurements, Sieve, Summary, grouped, number_of, sifted


def bars(asked: Asked, rows: Sequence[Row], left_out: LeftOut) -> Drawable:
    """A bar for each row, in their order."""
    scale = asked.wanted.yscale
    drawn = [row for row in rows if scale == "lin" or row.median > 0]
    left_out = _without(
        left_out, sum(row.n for row in rows) - sum(row.n for row in drawn), "are <= 0 on a log axis"
    )
    rest = sum(row.n for row in drawn[MOST_SERIES:])
    left_out = _without(left_out, rest, f"are in rows beyond the first {MOST_SERIES}")
    drawn = drawn[:MOST_SERIES]
    series = [_series(asked, row, at) for at, row in enumerate(drawn)]
    values = reach([mark for one in series for mark in (*one.marks, *one.dots)], x=True)
    whiskers = error_words(asked.wanted.error, [mark for one in series for mark in one.marks])
    return Drawable(
        kind="bars",
        title=asked.title(f"{asked.y.label} by {_by(asked)}"),
        description=sentences(
            "Dots are medians" if scale == "log" else "Bars are medians",
            whiskers,
            "small dots are single runs where there is no interval"
            if any(one.dots for one in series)
            else "",
        ),
        x=value_axis(values, asked.y, scale, from_zero=True),
        y=scales.categories([row.name for row in drawn], ""),
        measured="x",
        series=tuple(series),
        table=_table(asked, series),
        left_out=left_out,
        notes=asked.notes,
    )


def rows_of(asked: Asked, measured: Measurements) -> tuple[list[Row], LeftOut]:
    """The rows that single runs come to, the best first where it is known which is."""
    sieve = Sieve.of(measured)
    kept = sifted(measured, lambda run, place: sieve.number(run, place, asked.y) is not None)
    rows = []
    for group in grouped(kept, asked.wanted.series):
        summary = asked.summarise(asked.y.path, group.runs)
        values = () if summary.interval else tuple(number_of(run, asked.y.path) for run in group.runs)
        place = measured.places[group.runs[0].flavor_id]
        rows.append(
            Row(
                group.name,
                group.look,
                summary.median,
                summary.low,
                summary.high,
                summary.n,
                summary.interval,
                values,
                place.site,
                place.flavor,
            )
        )
    if asked.y.better is not None:
        rows.sort(key=lambda row: row.median, reverse=asked.y.better == "higher")
    return rows, sieve.left_out()


def _series(asked: Asked, row: Row, at: int) -> Series:
    low, high = Summary(row.median, row.low, row.high, row.n, row.interval).whisker(asked.wanted.error)
    if asked.wanted.yscale == "log" and low is not None and low <= 0:
        low = high = None
    text = f"median of {row.n} runs" if row.n > 1 else "1 run"
    dots = row.values if asked.wanted.error == "ci" and row.interval is None and row.n > 1 else ()
    return Series(
        row.name,
        row.look,
        (Mark(row.median, at, low, high, row.n, text),),
        tuple(Mark(value, at, text="1 run") for value in dots if asked.wanted.yscale == "lin" or value > 0),
    )


def _table(asked: Asked, series: Sequence[Series]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for one in series:
        for mark in one.marks:
            ends = (number_cell(mark.low), number_cell(mark.high))
            rows.append(
                (text_cell(one.name), Cell(mark.text), number_cell(mark.x), *ends, Cell(str(mark.n), mark.n))
            )
        for dot in one.dots:
            rows.append(
                (text_cell(one.name), Cell(dot.text), number_cell(dot.x), Cell(""), Cell(""), Cell("1", 1))
            )
    kind = INTERVAL if asked.wanted.error == "ci" else "Range"
    return Table(
        (_by(asked).capitalize(), "What is drawn", asked.y.name, f"{kind} from", f"{kind} to", "Runs"),
        (False, False, True, True, True, True),
        tuple(rows),
    )


def _by(asked: Asked) -> str:
    return {None: "site and flavor", "site": "site", "flavor": "flavor", "tag": "tag"}.get(
        asked.wanted.series, asked.wanted.series or ""
    )


def _without(left_out: LeftOut, count: int, text: str) -> LeftOut:
    if not count:
        return left_out
    words = text.replace("are", "is", 1) if count == 1 else text
    return LeftOut(left_out.total, (*left_out.parts, Part(count, words)))
