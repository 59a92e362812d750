"""Charts of rankings and comparisons: their cells as rows, and the runs in them one by one."""

from __future__ import annotations

import dataclasses
import math
import statistics
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from eoscperf.charts import drawing
from eoscperf.charts.asking import Asked, Row
from eoscperf.charts.bars import bars
from eoscperf.charts.data import Drawable, LeftOut, Look, Part
from eoscperf.charts.fields import field_at, field_of, size_field
from eoscperf.charts.heat import heat, with_ratios
from eoscperf.charts.query import OWN_SERIES, Wanted
from eoscperf.charts.reading import Derive, flavor_places, read
from eoscperf.charts.runs import Measurements, Place, Run, Summarise, Summary
from eoscperf.comparison.cells import RUNS_PER_SOURCE, Cell, Weighting, eligible
from eoscperf.comparison.cells import Run as CellRun
from eoscperf.comparison.comparing import Table
from eoscperf.comparison.leaderboard import Leaderboard
from eoscperf.comparison.leaderboard import Row as RankedRow
from eoscperf.comparison.presenting import literal
from eoscperf.comparison.reading import Inputs, samples_of
from eoscperf.listing import parse_sort
from eoscperf.metrics.catalogue import Catalogue, Metric
from eoscperf.results import filters
from eoscperf.results.query import SORT, Criteria
from eoscperf.results.service import Results

NEWEST_FIRST = "-execution_datetime"


class Charts:
    """Makes charts of what everybody can see."""

    def __init__(self, session: Session, results: Results) -> None:
        self._session, self._results = session, results

    @classmethod
    def for_request(cls, request: Any) -> Charts:
        return cls(request.dbsession, request.find_service(Results))

    def of_ranking(
        self,
        wanted: Wanted,
        found: Leaderboard,
        catalogue: Catalogue,
        criteria: Criteria,
        rows: Sequence[RankedRow],
    ) -> Drawable:
        """A chart of these rows of a ranking, which is about results that meet the criteria."""
        asked = self._asked(wanted, catalogue, found.metric, found.weighting, found.benchmark)
        if wanted.chart in ("bars", "heat"):
            places = self._places(criteria)
            asked = dataclasses.replace(asked, y=field_of(found.metric))
            drawn = [_row(places[row.flavor_id], row.cell, row.contrast.ratio) for row in rows]
            parts = (
                Part(found.older, f"older than the newest {RUNS_PER_SOURCE} of their uploader"),
                Part(found.infinite, f"without a finite number in {found.metric.label}"),
            )
            left_out = _all_of(drawn, [part for part in parts if part.count])
            base = places[found.base.flavor_id].name if found.base else ""
            return (
                bars(asked, drawn, left_out) if wanted.chart == "bars" else heat(asked, drawn, base, left_out)
            )
        criteria = dataclasses.replace(
            criteria,
            flavor_ids=tuple(row.flavor_id for row in rows),
            filters=(*criteria.filters, *chosen_filters(found.inputs, found.chosen)),
        )
        return drawing.draw(asked, self._measured(asked, criteria, found.metric))

    def of_table(self, wanted: Wanted, table: Table, criteria: Criteria, weighting: Weighting) -> Drawable:
        """A chart of one benchmark of a comparison: of its rows, or of the runs in them."""
        part = table.part
        asked = self._asked(wanted, part.catalogue, part.metric, weighting, part.benchmark)
        places = self._places(criteria)
        rows = [
            (row, row.cell, places.get(row.subject.flavor_id) if row.subject.flavor_id else None)
            for row in table.rows
            if row.cell is not None
        ]
        if wanted.chart in ("bars", "heat") or table.of_runs:
            drawn = [
                dataclasses.replace(
                    _row(place, cell, row.contrast.ratio) if place else _plain_row(at, cell),
                    name=row.subject.name,
                    flavor=f"{place.flavor}{_tag(row.subject.name)}" if place else row.subject.name,
                )
                for at, (row, cell, place) in enumerate(rows)
            ]
            older = sum(row.left_out for row in table.rows)
            words = f"older than the newest {RUNS_PER_SOURCE} of their uploader, or without a number"
            left_out = _all_of(drawn, [Part(older, words)] if older else [])
            asked = dataclasses.replace(asked, y=field_of(part.metric))
            if wanted.chart == "heat":
                base = table.rows[table.base]
                if all(row.ratio is None for row in drawn):
                    return heat(asked, *with_ratios(drawn, part.metric.better), left_out)
                return heat(asked, drawn, base.subject.name, left_out)
            if table.of_runs:
                note = "Samples of single runs are drawn, as these are what is compared."
                asked = dataclasses.replace(asked, notes=(*asked.notes, note))
            return bars(asked, drawn, left_out)
        ids = {run.id for _, cell, _ in rows for run in cell.runs}
        criteria = dataclasses.replace(criteria, benchmark_ids=(part.benchmark_id,), ids=tuple(sorted(ids)))
        return drawing.draw(asked, self._measured(asked, criteria, part.metric))

    def _asked(
        self, wanted: Wanted, catalogue: Catalogue, metric: Metric, weighting: Weighting, subject: str
    ) -> Asked:
        y = field_at(catalogue, wanted.y) if wanted.y else field_of(metric)
        x = field_at(catalogue, wanted.x) if wanted.x else size_field(catalogue)
        return Asked(wanted, y, summarise(weighting), subject, x)

    def _places(self, criteria: Criteria) -> Mapping[uuid.UUID, Place]:
        return flavor_places(self._session, self._results.search(criteria).view)

    def _measured(self, asked: Asked, criteria: Criteria, metric: Metric) -> Measurements:
        wanted = asked.wanted
        fields = [asked.y, *([asked.x] if asked.x and wanted.chart in ("scaling", "scatter") else [])]
        series = [] if wanted.series in (None, *OWN_SERIES) else [str(wanted.series)]
        found = read(
            self._session,
            self._results.search(criteria),
            list(dict.fromkeys([*(field.path for field in fields), *series])),
            parse_sort(NEWEST_FIRST, SORT),
            tags=wanted.series == "tag",
            superseded=False,
            derived=_derived(metric) if any(field.path == metric.path for field in fields) else None,
        )
        return found if wanted.chart in ("history", "scatter") else newest(found, asked.y.path)


def summarise(weighting: Weighting = "source", *, alike: bool = True) -> Summarise:
    """Sums runs up as cells do. Runs of several flavors, or that are not `alike` otherwise, are no cell: they
    have a median, and no interval."""

    def work(path: str, runs: Sequence[Run]) -> Summary:
        known = tuple(CellRun(run.id, run.source, _number(run, path), run.executed) for run in runs)
        cell = Cell(path, known, weighting)
        is_cell = alike and len({run.flavor_id for run in runs}) == 1
        interval = cell.interval if is_cell else None
        return Summary(cell.median, cell.lowest, cell.highest, cell.n, interval)

    return work


def newest(measured: Measurements, path: str) -> Measurements:
    """The runs that count in cells; the others are told as older."""
    by_flavor: dict[uuid.UUID, list[Run]] = defaultdict(list)
    for run in measured.runs:
        by_flavor[run.flavor_id].append(run)
    kept: set[uuid.UUID] = set()
    for runs in by_flavor.values():
        finite = [run for run in runs if math.isfinite(_number(run, path))]
        cell_runs = (CellRun(run.id, run.source, _number(run, path), run.executed) for run in finite)
        kept |= {run.id for run in runs} - {run.id for run in finite}
        kept |= {run.id for run in eligible(cell_runs).runs}
    left = len(measured.runs) - len(kept)
    if not left:
        return measured
    words = f"{'is' if left == 1 else 'are'} older than the newest {RUNS_PER_SOURCE} of their uploader"
    return dataclasses.replace(
        measured,
        runs=tuple(run for run in measured.runs if run.id in kept),
        nothing=(*measured.nothing, Part(left, words)),
    )


def chosen_filters(inputs: Sequence[Metric], chosen: Inputs) -> list[filters.Filter]:
    """Conditions that the runs of a ranking meet: all have the same inputs."""
    return [
        filters.parse(
            f"{metric.path} exists false" if value is None else f"{metric.path} == {literal(value)}"
        )
        for metric, value in zip(inputs, chosen, strict=False)
    ]


def _row(place: Place, cell: Cell, ratio: float | None) -> Row:
    return Row(
        place.name,
        place.look,
        cell.median,
        cell.lowest,
        cell.highest,
        cell.n,
        cell.interval,
        () if cell.is_enough else cell.values,
        place.site,
        place.flavor,
        ratio,
    )


def _plain_row(at: int, cell: Cell) -> Row:
    """Of a single result, which belongs to no flavor here."""
    anywhere = Place("", "", uuid.UUID(int=0), at)
    return dataclasses.replace(
        _row(anywhere, cell, None), look=Look(anywhere.look.colour, anywhere.look.shape)
    )


def _all_of(rows: Sequence[Row], parts: Sequence[Part]) -> LeftOut:
    """With the runs in the rows."""
    words = [
        dataclasses.replace(part, text=f"{'is' if part.count == 1 else 'are'} {part.text}") for part in parts
    ]
    return LeftOut(sum(row.n for row in rows) + sum(part.count for part in parts), tuple(words))


def _tag(name: str) -> str:
    """The tag in the name of a row that is about the runs with a tag."""
    _, mark, tag = name.rpartition(" #")
    return f" #{tag}" if mark else ""


def _number(run: Run, path: str) -> float:
    value = run.values.get(path)
    return math.nan if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def _derived(metric: Metric) -> dict[str, Derive] | None:
    """Where the value of a run is an aggregate of its samples: how to work it out."""
    samples, name = metric.samples, metric.aggregate
    if samples is None or name is None:
        return None
    compute = _AGGREGATES[name]

    def work(document: Any) -> float:
        found = samples_of(document, samples)
        return float(compute(found)) if found else math.nan

    return {metric.path: work}


_AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "median": statistics.median,
    "mean": statistics.fmean,
    "min": min,
    "max": max,
}
