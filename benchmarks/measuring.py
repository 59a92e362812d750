"""All workloads on one database of one size."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data.results import Generated
from benchmarks.databases import usage
from benchmarks.databases.store import Store, to_stderr
from benchmarks.floors.processes import BareDriver
from benchmarks.server.people import uploaders
from benchmarks.server.recorded import recorder
from benchmarks.server.workers import workers, write_ini
from benchmarks.workloads import cursors, exports, facets, mixed, processes, rankings, reads, writes
from benchmarks.workloads.setting import Line, Setting

READS = (
    "list",
    "list of a site",
    "filter and sort",
    "several filters",
    "undeclared filter",
    "terms",
    "tag",
    "dates",
    "page in the middle",
    "last page",
    "count",
    "single",
)
WORKLOADS = (*READS, "statements", "cursor", "facets", "leaderboard", "pages", "export", "uploads", "memory")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, and for how long."""

    seconds: float
    clients: int
    workers: int = 2
    only: frozenset[str] = frozenset()
    mixed: float = 0

    def wants(self, name: str) -> bool:
        return name in self.only if self.only else not self.mixed


def measure(store: Store, generated: Generated, plan: Plan, note: Callable[[Line], object]) -> list[Line]:
    """The lines of all workloads that are planned; `note` gets each as soon as it is there."""
    with (
        store.clone(generated) as url,
        tempfile.TemporaryDirectory(prefix="eoscperf-bench-") as name,
        BareDriver(url) as bare,
    ):
        ini = write_ini(Path(name), url)
        forgetful = write_ini(Path(name), url, "forgetful.ini", **{"answers.remembered_bytes": "0"})
        with workers(ini, plan.workers) as started, recorder(ini) as recorded:
            setting = Setting(
                kind=store.kind,
                url=url,
                generated=generated,
                workers=started,
                recorder=recorded,
                bare=bare,
                tokens=uploaders(ini, started[0].port, writes.POST_CLIENTS),
                seconds=plan.seconds,
                clients=plan.clients,
                say=to_stderr,
                note=note,
                fresh=functools.partial(workers, ini, 1),
                forgetful=functools.partial(workers, forgetful, 1),
            )
            _measure(setting, plan)
        return setting.lines


def _measure(setting: Setting, plan: Plan) -> None:
    if not plan.only:
        processes.measure_start(setting)
    if plan.wants("statements"):
        processes.measure_statements(setting)
    usage.forget(setting.url)
    reads.measure(setting, plan.wants)
    if plan.wants("cursor"):
        cursors.measure(setting)
    if plan.wants("facets"):
        facets.measure(setting)
    if plan.wants("leaderboard"):
        rankings.measure_leaderboard(setting)
    if plan.wants("pages"):
        rankings.measure_pages(setting)
    if plan.wants("export"):
        exports.measure(setting)
    if plan.wants("uploads"):
        writes.measure(setting)
    if plan.mixed:
        mixed.measure(setting, plan.mixed)
    if plan.wants("memory"):
        processes.measure_memory(setting)
    if setting.kind == "postgresql":
        setting.emit("indexes", variant="scans during the load", scans=usage.of_indexes(setting.url))
