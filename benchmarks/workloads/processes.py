"""What a worker needs: time to start, memory, statements for a page."""

from __future__ import annotations

from benchmarks.client.requests import path
from benchmarks.workloads.setting import Setting


def measure_start(setting: Setting) -> None:
    starts = [worker.seconds_to_start for worker in setting.workers]
    setting.emit(
        "start", variant="to the first answer", seconds=round(min(starts), 2), longest=round(max(starts), 2)
    )


def measure_memory(setting: Setting) -> None:
    resident = [worker.resident for worker in setting.workers]
    setting.emit("memory", variant="of a worker after the load", megabytes=round(max(resident) / 2**20, 1))


def measure_statements(setting: Setting) -> None:
    """How often a list page asks the database, transactions not counted."""
    catalogue = setting.generated.catalogue
    pages: dict[str, list[tuple[str, object]]] = {
        "list": [("sort_by", "-execution_datetime"), ("page", 2)],
        "filter and sort": [
            ("benchmark_id", catalogue.biggest.id),
            ("filters", "result.gflops > 30"),
            ("sort_by", "-json.result.bandwidth"),
        ],
        "tag": [("tags_ids", catalogue.tag_ids[0])],
        "terms": [("terms", catalogue.tag_names[1])],
        "cursor": [("cursor", "")],
    }
    found = {
        name: len(
            setting.recorder.statements(
                path("/results:search" if name == "terms" else "/results", [*query, ("per_page", 100)])
            )
        )
        for name, query in pages.items()
    }
    setting.emit("statements", variant="of a list page", most=max(found.values()), pages=found)
