"""What happens to benchmarks, and what it means for the check of their images."""

from __future__ import annotations

from typing import Any

from eoscperf.plugins.registry_check.checks import ImageChecks
from eoscperf.review.events import ItemApproved, ItemSubmitted, ItemUpdated


def queue_new(event: ItemSubmitted, request: Any) -> None:
    if event.kind == "benchmark":
        request.find_service(ImageChecks).queue(event.id)


def queue_changed(event: ItemUpdated, request: Any) -> None:
    if event.kind == "benchmark" and {"docker_image", "docker_tag"} & set(event.changed):
        request.find_service(ImageChecks).queue(event.id)


def require_image(event: ItemApproved, request: Any) -> None:
    """In strict mode: undoes an approval before the image was found."""
    if event.kind == "benchmark":
        request.find_service(ImageChecks).require_found(event.id)


def start_in_server(event: Any) -> None:
    """Starts the checker with the first request that a web server hands on.

    Applications are also made by commands and by tests, which nobody wants to ask registries;
    and a thread that is started before a server forks would be left behind.
    """
    if event.request.environ.get("SERVER_SOFTWARE"):
        event.request.registry["registry_check.checker"].start()
