"""Benchmarks in two lines each: what they are ranked by, and who is first. Many at once, for lists."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections import OrderedDict
from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import Any

from eoscperf.comparison.sentences import direction, significant
from eoscperf.comparison.standings import BenchmarkStanding, Standings
from eoscperf.metrics import units
from eoscperf.metrics.catalogue import Metric
from eoscperf.results.activity import ResultActivity
from eoscperf.review.activity import NOTHING, Activity

MOST_NAMES = 3
"""Flavors that are named where many share the first rank."""

MOST_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Told:
    """What a ranking comes to."""

    metric: str | None
    """path of what it is ranked by; None where nobody has said"""
    ranked_by: str
    """label, unit and direction"""
    first: str
    """who is best, or first so far; "" where there is nobody"""


@dataclass(frozen=True, slots=True)
class Summary:
    told: Told
    runs: int
    cells: int
    """flavors with results"""
    flavors_total: int
    """flavors there are for everybody"""
    newest: datetime.datetime | None
    """when the latest result was executed"""


class RememberedTold:
    """What rankings came to, with the moment that it is true of; safe between threads."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._told: OrderedDict[Hashable, tuple[Hashable, Told]] = OrderedDict()

    def get(self, key: Hashable, moment: Hashable) -> Told | None:
        with self._lock:
            found = self._told.get(key)
            if found is None or found[0] != moment:
                return None
            self._told.move_to_end(key)
            return found[1]

    def keep(self, key: Hashable, moment: Hashable, told: Told) -> None:
        with self._lock:
            self._told[key] = (moment, told)
            self._told.move_to_end(key)
            while len(self._told) > self._most:
                self._told.popitem(last=False)


class Summaries:
    """What lists say of benchmarks. A ranking is looked at only when something about it has changed."""

    def __init__(
        self,
        activity: ResultActivity,
        standings: Standings,
        remembered: RememberedTold,
    ) -> None:
        self._activity, self._standings, self._remembered = activity, standings, remembered

    @classmethod
    def for_request(cls, request: Any) -> Summaries:
        return cls(
            request.find_service(Activity),
            request.find_service(Standings),
            request.registry["eoscperf.told"],
        )

    def of_benchmarks(self, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Summary]:
        """Of each benchmark that there is: a handful of statements where nothing has changed."""
        view = self._activity.view
        flavors = sum(
            flavor.status == "approved" and view.sites[flavor.site_id].status == "approved"
            for flavor in view.flavors.values()
        )
        measured = self._activity.of_benchmarks(ids)
        return {
            identifier: Summary(told, known.runs, known.flavors, flavors, known.newest)
            for identifier, told in self._told(ids).items()
            for known in (measured.get(identifier, NOTHING),)
        }

    def _told(self, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Told]:
        moments, eyes = self._standings.moments(ids), self._standings.eyes()
        found: dict[uuid.UUID, Told] = {}
        for identifier in ids:
            known = self._remembered.get((identifier, eyes), moments[identifier])
            if known is not None:
                found[identifier] = known
        missing = [identifier for identifier in ids if identifier not in found]
        if missing:
            for identifier, standing in self._standings.of_benchmarks(missing).items():
                told = found[identifier] = told_of(standing)
                self._remembered.keep((identifier, eyes), moments[identifier], told)
        return {identifier: found[identifier] for identifier in ids if identifier in found}


def told_of(standing: BenchmarkStanding) -> Told:
    if standing.metric is None:
        return Told(None, "", "")
    return Told(standing.metric.path, _ranked_by(standing.metric), _first(standing, standing.metric))


def _ranked_by(metric: Metric) -> str:
    unit = units.symbol(metric.unit) if metric.unit else ""
    told = metric.label + (f" in {unit}" if unit else "")
    return f"{told}, {direction(metric.better)}" if metric.better else told


def _first(standing: BenchmarkStanding, metric: Metric) -> str:
    best = standing.best
    if not standing.runs:
        return ""
    if not best:
        return standing.headline
    names = [row.name for row in best]
    unit = units.symbol(metric.unit) if metric.unit else ""
    value = significant(best[0].cell.median) + (f" {unit}" if unit else "")
    if all(row.rank is not None and row.rank.provisional for row in best):
        return f"First so far, from fewer than five runs: {_listed(names)}, {value}."
    if len(names) <= MOST_NAMES:
        return standing.headline
    return f"Best: {_listed(names)}, {value}. They share rank 1."


def _listed(names: list[str]) -> str:
    shown = names[:MOST_NAMES]
    if len(names) > MOST_NAMES:
        return f"{', '.join(shown)} and {len(names) - MOST_NAMES} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
