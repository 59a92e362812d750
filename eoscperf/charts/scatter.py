"""Two values of each run against each other: do they have to do with one another?"""

from __future__ import annotations

import dataclasses

from eoscperf.charts.asking import (
    Asked,
    few,
    number_cell,
    refuse,
    run_cell,
    sentences,
    text_cell,
    value_axis,
)
from eoscperf.charts.curves import curves_words, with_fit
from eoscperf.charts.data import Drawable, Mark, Series, Table
from eoscperf.charts.runs import Measurements, Sieve, grouped, named, number_of, sifted


def scatter(asked: Asked, measured: Measurements) -> Drawable:
    """A dot for each run that has numbers at both paths."""
    wanted = asked.wanted
    if asked.x is None:
        raise refuse("x", "is missing: name the path of a number, such as machine.cpu.count")
    across, up = asked.x, asked.y
    sieve = Sieve.of(measured)
    kept = sifted(
        measured,
        lambda run, place: (
            sieve.number(run, place, across, wanted.xscale) is not None
            and sieve.number(run, place, up, wanted.yscale) is not None
        ),
    )
    groups, left_out = few(grouped(kept, wanted.series), sieve.left_out())
    series, rows = [], []
    for group in groups:
        marks = [
            Mark(
                number_of(run, across.path),
                number_of(run, up.path),
                text=named(run, measured.places[run.flavor_id]),
                result_id=run.id,
            )
            for run in group.runs
        ]
        one = Series(group.name, group.look, tuple(marks))
        series.append(with_fit(one, wanted, [(mark.x, mark.y) for mark in marks]))
        name = text_cell(group.name)
        rows += [
            (name, number_cell(mark.x), number_cell(mark.y), run_cell(run))
            for mark, run in zip(marks, group.runs, strict=True)
        ]
    every = [mark for one in series for mark in one.marks]
    fitted = [y for one in series if one.fit for _, y in one.fit.points]
    return Drawable(
        kind="scatter",
        title=asked.title(f"{up.label} over {across.label}"),
        description=sentences("Each mark is a run", curves_words(wanted)),
        x=value_axis([mark.x for mark in every], dataclasses.replace(across, better=None), wanted.xscale),
        y=value_axis([*(mark.y for mark in every), *fitted], up, wanted.yscale),
        measured="y",
        series=tuple(series),
        table=Table(("Series", across.name, up.name, "Executed"), (False, True, True, False), tuple(rows)),
        left_out=left_out,
        notes=asked.notes,
    )
