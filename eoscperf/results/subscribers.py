"""What results do when a benchmark, flavor, site or uploader that they belong to changes."""

from __future__ import annotations

from typing import Any

from eoscperf.benchmarks.events import SchemaChanging
from eoscperf.benchmarks.models import Benchmark
from eoscperf.results.dependents import Dependents
from eoscperf.results.projection.service import Projection
from eoscperf.results.tables import RESULTS
from eoscperf.results.tallies.service import Tallies
from eoscperf.review.events import (
    DependentsAsked,
    ItemDeleted,
    ItemRejected,
    ItemRestored,
    ItemSubmitted,
    ItemUndone,
)
from eoscperf.review.models import LIVE
from eoscperf.users.events import UserRemoved

# An item that came along in a cascade is left out below: the site's own event, which names the same
# action, stands for its flavors too.


def item_gone(event: ItemDeleted | ItemRejected, request: Any) -> None:
    if not event.cascaded:
        request.find_service(Dependents).remove(event)


def item_restored(event: ItemRestored, request: Any) -> None:
    if not event.cascaded and event.previous_action_id is not None:
        request.find_service(Dependents).bring_back(event, event.previous_action_id)


def item_undone(event: ItemUndone, request: Any) -> None:
    if event.cascaded or (event.from_status in LIVE) == (event.to_status in LIVE):
        return
    if event.to_status in LIVE:
        request.find_service(Dependents).bring_back(event, event.undone_id, undone_id=event.undone_id)
    else:
        request.find_service(Dependents).remove(event)


def dependents_asked(event: DependentsAsked, request: Any) -> None:
    number = request.find_service(Dependents).count_since(event.kind, event.id, event.since)
    if number:
        event.found.append(f"{number} result{'' if number == 1 else 's'}")


def schema_changing(event: SchemaChanging, request: Any) -> None:
    seconds = request.registry.settings["limits.recheck_seconds"]
    request.find_service(Dependents).check_schema(event.benchmark_id, event.new_schema, seconds=seconds)
    Projection(request.dbsession).declare(event.benchmark_id, event.new_schema)


def benchmark_submitted(event: ItemSubmitted, request: Any) -> None:
    if event.kind == Benchmark.kind:
        benchmark = request.dbsession.get_one(Benchmark, event.id)
        Projection(request.dbsession).declare(benchmark.id, benchmark.json_schema)


def user_removed(event: UserRemoved, request: Any) -> None:
    """Their results lose their uploader, by which runs are weighed in comparisons."""
    Tallies(request.dbsession).touched(RESULTS.c.uploader_id == event.id)


SUBSCRIBERS = (
    (item_gone, ItemDeleted),
    (item_gone, ItemRejected),
    (item_restored, ItemRestored),
    (item_undone, ItemUndone),
    (dependents_asked, DependentsAsked),
    (schema_changing, SchemaChanging),
    (benchmark_submitted, ItemSubmitted),
    (user_removed, UserRemoved),
)
