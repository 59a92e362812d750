"""Runs and questions for charts."""

from __future__ import annotations

import datetime
import statistics
import uuid
from typing import Any

from eoscperf.charts.asking import Asked
from eoscperf.charts.query import Wanted
from eoscperf.charts.runs import Field, Measurements, Place, Run, Summary

TIME = Field("time", "Render time", "s", "lower")
CORES = Field("cores", "Cores")

_DAY = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)


def summarise(path: str, runs: Any) -> Summary:
    """Plain medians, with the whole range as the interval from five runs on."""
    values = [run.values[path] for run in runs]
    low, high = min(values), max(values)
    return Summary(
        statistics.median(values), low, high, len(values), (low, high) if len(values) >= 5 else None
    )


class Runs:
    """Collects runs on flavors that are called `site/flavor`."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.places: dict[uuid.UUID, Place] = {}
        self._flavors: dict[str, uuid.UUID] = {}
        self._sites: dict[str, tuple[uuid.UUID, int]] = {}

    def add(
        self, name: str, *, day: float = 0, tags: tuple[str, ...] = (), of: str = "", **values: Any
    ) -> Run:
        site, _, flavor = name.partition("/")
        site_id, order = self._sites.setdefault(site, (uuid.uuid4(), len(self._sites)))
        if name not in self._flavors:
            self._flavors[name] = flavor_id = uuid.uuid4()
            before = sum(place.site_id == site_id for place in self.places.values())
            self.places[flavor_id] = Place(flavor, site, site_id, order, before)
        run = Run(
            uuid.uuid4(),
            self._flavors[name],
            _DAY + datetime.timedelta(days=day),
            "ann",
            values,
            tags,
            of,
        )
        self.runs.append(run)
        return run

    @property
    def measured(self) -> Measurements:
        return Measurements(tuple(self.runs), self.places)


def asked(chart: str, *, y: Field = TIME, x: Field | None = CORES, **wanted: Any) -> Asked:
    return Asked(Wanted(chart, **wanted), y, summarise, "c-ray:1.2", x)
