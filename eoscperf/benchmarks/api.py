"""Benchmarks over REST."""

from __future__ import annotations

from typing import Any

from eoscperf.benchmarks import schemas
from eoscperf.benchmarks.schemas import present_benchmark
from eoscperf.benchmarks.service import Benchmarks
from eoscperf.rest.pages import location
from eoscperf.rest.schema import nulls_cleared, without_nulls
from eoscperf.rest.service import ApiService
from eoscperf.review.api import answer_list, decisions, delete
from eoscperf.review.schemas import MESSAGE

BENCHMARK = "/benchmarks/{benchmark_id}"

benchmarks = ApiService("benchmarks", "/benchmarks", traverse="/benchmarks", tag="benchmarks")
benchmarks_search = ApiService(
    "benchmarks_search", "/benchmarks:search", traverse="/benchmarks", tag="benchmarks"
)
benchmark = ApiService("benchmark", BENCHMARK, traverse=BENCHMARK, tag="benchmarks")

SERVICES = [
    benchmarks,
    benchmarks_search,
    benchmark,
    *decisions("benchmark", BENCHMARK, Benchmarks, children=" Its results follow it."),
]

NEW_BENCHMARK = {
    "docker_image": "example/matrix",
    "docker_tag": "1.4",
    "json_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"gflops": {"type": "number", "exclusiveMinimum": 0}},
        "required": ["gflops"],
    },
    "url": "https://matrix.example.org",
}


@benchmarks.get(
    operation_id="ListBenchmarks",
    permission="benchmark:list",
    query=schemas.BENCHMARK_LIST,
    is_list=True,
    returns="page:Benchmark",
    examples=[{"summary": "The latest benchmarks", "query": {"sort_by": "-upload_datetime"}, "status": 200}],
)
def list_benchmarks(request: Any) -> Any:
    """List benchmarks."""
    return answer_list(request, request.find_service(Benchmarks), present_benchmark)


@benchmarks_search.get(
    operation_id="SearchBenchmarks",
    permission="benchmark:list",
    query=schemas.BENCHMARK_SEARCH,
    is_list=True,
    returns="page:Benchmark",
    examples=[
        {
            "summary": "Benchmarks with a word in image or description",
            "query": {"terms": ["ray"]},
            "status": 200,
        }
    ],
)
def search_benchmarks(request: Any) -> Any:
    """Search benchmarks by words in image, tag and description."""
    return answer_list(request, request.find_service(Benchmarks), present_benchmark)


@benchmarks.post(
    operation_id="CreateBenchmark",
    permission="benchmark:create",
    body=schemas.BENCHMARK,
    status=201,
    returns="Benchmark",
    errors={409: "the image and tag are in use", 422: "json_schema cannot be used"},
    examples=[{"summary": "Submit a benchmark", "as": "user", "body": NEW_BENCHMARK, "status": 201}],
)
def create_benchmark(request: Any) -> Any:
    """Submit a benchmark.

    It is reviewed before others see it. The schema is checked against the meta-schema of its
    `$schema` (draft 4, 6, 7, 2019-09 or 2020-12, the latter by default); references must resolve
    within it.
    """
    created = request.find_service(Benchmarks).submit(**without_nulls(request.fields))
    request.response.status_int = 201
    request.response.headers["Location"] = location(request, "benchmark", benchmark_id=created.id)
    return present_benchmark(created, request.viewer)


@benchmark.get(
    operation_id="GetBenchmark",
    permission="benchmark:read",
    target=True,
    returns="Benchmark",
    examples=[{"summary": "One benchmark", "path": {"benchmark_id": "$benchmark"}, "status": 200}],
)
def get_benchmark(request: Any) -> Any:
    """Get a benchmark."""
    return request.context.represent()


@benchmark.put(
    operation_id="UpdateBenchmark",
    permission="benchmark:update",
    body=schemas.BENCHMARK,
    read_only=schemas.BENCHMARK_READ_ONLY,
    target=True,
    conditional=True,
    status=204,
    errors={
        409: "the image and tag are in use, the benchmark is rejected or deleted, "
        "or stored results do not fit the new schema",
        422: "json_schema cannot be used",
    },
    examples=[
        {
            "summary": "Change everything but the description",
            "path": {"benchmark_id": "$benchmark"},
            "as": "admin",
            "body": {**NEW_BENCHMARK, "docker_tag": "1.4.1", "json_schema": {"type": "object"}},
            "status": 204,
        }
    ],
)
def update_benchmark(request: Any) -> None:
    """Change a benchmark.

    An optional field that is left out stays as it is; null clears it. All results that there are,
    hidden ones too, must fit the new schema.
    """
    request.find_service(Benchmarks).update(request.context.model, nulls_cleared(request.fields))
    request.response.status_int = 204


@benchmark.delete(
    operation_id="DeleteBenchmark",
    permission="benchmark:delete",
    query=MESSAGE,
    target=True,
    conditional=True,
    status=204,
    examples=[
        {
            "summary": "Delete a benchmark",
            "path": {"benchmark_id": "$benchmark"},
            "as": "admin",
            "status": 204,
        }
    ],
)
def delete_benchmark(request: Any) -> None:
    """Delete a benchmark and its results.

    Everything is kept and can be restored. Nothing happens when it is rejected or deleted already.
    """
    delete(request, request.find_service(Benchmarks))
