"""What benchmarks look like over HTTP."""

from __future__ import annotations

from typing import Any

from eoscperf.benchmarks.models import Benchmark
from eoscperf.benchmarks.service import BENCHMARK_SORT
from eoscperf.rest.renderer import raw
from eoscperf.rest.schema import fields, json_object, name, prose, web_address
from eoscperf.review import schemas as review
from eoscperf.security.identity import Viewer

BENCHMARK = fields(
    name("docker_image", title="Container image; in use once with its tag"),
    name("docker_tag", "docker_tag", title="Tag of the image"),
    json_object("json_schema", title="JSON Schema that every result must fit"),
    web_address("url", title="Where to read about the benchmark"),
    prose("description"),
)

BENCHMARK_LIST = review.item_list(BENCHMARK_SORT, "docker_image", "docker_tag")
BENCHMARK_SEARCH = review.item_search(BENCHMARK_SORT)

BENCHMARK_READ_ONLY = (*review.READ_ONLY, "image_check")


def present_benchmark(benchmark: Benchmark, viewer: Viewer) -> dict[str, Any]:
    """A benchmark as the viewer may see it, its schema as it is stored."""
    shown = {
        "docker_image": benchmark.docker_image,
        "docker_tag": benchmark.docker_tag,
        "json_schema": raw(benchmark.json_schema),
        **review.present_reviewed(benchmark, viewer),
    }
    if benchmark.url:
        shown["url"] = benchmark.url
    if viewer.admin and benchmark.image_check:
        shown["image_check"] = raw(benchmark.image_check)
    return shown


SCHEMAS: dict[str, dict[str, Any]] = {
    "Benchmark": review.object_schema(
        "One version of a benchmark: a container image and the schema of its results.",
        {
            "docker_image": {"type": "string"},
            "docker_tag": {"type": "string"},
            "json_schema": {"type": "object", "description": "JSON Schema that every result fits."},
            "url": {"type": "string", "format": "uri", "description": "Left out when none was given."},
            "image_check": {
                "type": "object",
                "description": "What is known about the image in its registry; only for administrators.",
                "properties": {
                    "status": {"type": "string", "enum": ["pending", "ok", "missing", "error"]},
                    "digest": {"type": "string"},
                    "detail": {"type": "string"},
                    "checked_datetime": {"type": "string", "format": "date-time"},
                },
                "required": ["status"],
            },
        },
        ["docker_image", "docker_tag", "json_schema"],
        {
            "id": "4d6b3f0e-2a55-4d5e-8f0b-0d1b2c7e9a31",
            "docker_image": "example/raytracer",
            "docker_tag": "2.1",
            "json_schema": {
                "type": "object",
                "required": ["seconds"],
                "properties": {"seconds": {"type": "number"}},
            },
            "url": "https://raytracer.example.org",
            "description": "Renders a fixed scene on all cores.",
            "status": "approved",
            "upload_datetime": "2024-05-01T12:30:00Z",
        },
    )
}
