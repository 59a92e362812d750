"""A site in each row, a flavor in each column: where is it good?"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from eoscperf.charts import scales
from eoscperf.charts.asking import DIRECTIONS, Asked, Row, number_cell, refuse, sentences, text_cell
from eoscperf.charts.data import Cell, Drawable, LeftOut, Look, Mark, Part, Series, Table

MOST_SIDE = 60
"""Sites and flavors at most."""

SHADES = (0.25, 0.5, 0.7, 0.85, 0.95, 1.05)
"""The ratios at which the next shade begins."""


def heat(asked: Asked, rows: Sequence[Row], base: str, left_out: LeftOut) -> Drawable:
    """The ratio of each flavor on each site to the baseline, above 1 where it is better.

    Raises Invalid where no direction is declared, as there are no ratios then.
    """
    if asked.y.better is None:
        raise refuse(
            "chart",
            f"heat needs to know whether higher or lower is better of {asked.y.label}; nobody has said so",
        )
    known = [row for row in rows if row.ratio is not None]
    sites = sorted({row.site for row in known})[:MOST_SIDE]
    flavors = sorted({row.flavor for row in known})[:MOST_SIDE]
    drawn = [row for row in known if row.site in sites and row.flavor in flavors]
    parts = list(left_out.parts)
    for missing, words in (
        (sum(row.n for row in rows if row.ratio is None), "in rows without a ratio"),
        (sum(row.n for row in known) - sum(row.n for row in drawn), f"beyond {MOST_SIDE} sites or flavors"),
    ):
        if missing:
            parts.append(Part(missing, f"{'is' if missing == 1 else 'are'} {words}"))
    marks = [
        Mark(
            flavors.index(row.flavor), sites.index(row.site), n=row.n, text=_text(asked, row), value=row.ratio
        )
        for row in drawn
    ]
    table = [
        (
            text_cell(row.site),
            text_cell(row.flavor),
            number_cell(row.ratio),
            number_cell(row.median),
            Cell(str(row.n), row.n),
        )
        for row in sorted(drawn, key=lambda row: (row.site, row.flavor))
    ]
    return Drawable(
        kind="heat",
        title=asked.title(f"{asked.y.label} by site and flavor"),
        description=sentences(
            f"Numbers are ratios to {base}, above 1 is better ({DIRECTIONS[asked.y.better]})",
            "the stronger the colour, the better",
            "empty places have no runs",
        )
        if base
        else "",
        x=scales.categories(flavors, "Flavor"),
        y=scales.categories(sites, "Site"),
        measured="x",
        series=(Series("ratio", Look(), tuple(marks)),),
        table=Table(
            ("Site", "Flavor", "Ratio", asked.y.name, "Runs"), (False, False, True, True, True), tuple(table)
        ),
        left_out=LeftOut(left_out.total, tuple(parts)),
        notes=asked.notes,
        shades=tuple((edge, number) for number, edge in enumerate((0.0, *SHADES))),
    )


def shade(ratio: float) -> int:
    """0 to 6, the stronger the better."""
    return sum(ratio >= edge for edge in SHADES)


def with_ratios(rows: Sequence[Row], better: str | None) -> tuple[list[Row], str]:
    """The rows against the best of them, and the name of that; rows not above zero stay without a ratio."""
    usable = [row for row in rows if row.median > 0]
    if better is None or not usable:
        return list(rows), ""
    pick = min if better == "lower" else max
    base = pick(usable, key=lambda row: row.median)
    return [
        dataclasses.replace(
            row, ratio=base.median / row.median if better == "lower" else row.median / base.median
        )
        if row.median > 0
        else row
        for row in rows
    ], base.name


def _text(asked: Asked, row: Row) -> str:
    runs = "1 run" if row.n == 1 else f"{row.n} runs"
    return f"{row.name}: median {number_cell(row.median).text} {asked.y.unit}".rstrip() + f", {runs}"
