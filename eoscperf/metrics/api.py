"""Metric catalogues over REST."""

from __future__ import annotations

from typing import Any

from eoscperf.metrics import schemas
from eoscperf.metrics.schemas import present_review, present_shown, present_versions
from eoscperf.metrics.service import MetricCatalogues
from eoscperf.rest.schema import message_of, without_nulls
from eoscperf.rest.service import ApiService
from eoscperf.review.schemas import MESSAGE

METRICS = "/benchmarks/{benchmark_id}/metrics"
NODE = "/metrics/{benchmark_id}"
VERSION = METRICS + "/{catalogue_version}"

metrics = ApiService("benchmark_metrics", METRICS, traverse=NODE, tag="metrics")
versions = ApiService("benchmark_metrics_versions", METRICS + "/versions", traverse=NODE, tag="metrics")
review = ApiService("benchmark_metrics_review", METRICS + "/review", traverse=NODE, tag="metrics")
accept = ApiService("benchmark_metrics_accept", VERSION + ":accept", traverse=NODE, tag="metrics")
decline = ApiService("benchmark_metrics_decline", VERSION + ":decline", traverse=NODE, tag="metrics")

SERVICES = [metrics, versions, review, accept, decline]

EXAMPLE = {"metrics": [{"path": "seconds", "unit": "s", "better": "lower", "headline": 1}]}


@metrics.get(
    operation_id="GetMetricCatalogue",
    permission="metrics:read",
    query=schemas.VERSION,
    target=True,
    returns="MetricCatalogue",
    errors={404: "there is no such version"},
    examples=[{"summary": "The one in force", "path": {"benchmark_id": "$benchmark"}, "status": 200}],
)
def get_metrics(request: Any) -> Any:
    """Get the metric catalogue of a benchmark.

    Which values its results have, what they are called, in which unit they are, and when they are better.
    Version 0 is what the annotations of the JSON Schema say; later ones were edited.
    """
    service = request.find_service(MetricCatalogues)
    return present_shown(service.shown(request.context.model, request.query["version"]), request.viewer)


@metrics.put(
    operation_id="UpdateMetricCatalogue",
    permission="metrics:update",
    body=schemas.CHANGE,
    target=True,
    conditional=True,
    returns="MetricCatalogue",
    errors={409: "the benchmark is rejected or deleted"},
    examples=[
        {
            "summary": "Say when a value is better",
            "path": {"benchmark_id": "$benchmark"},
            "as": "admin",
            "body": {"metrics": [], "message": "Nothing to add"},
            "status": 200,
        }
    ],
)
def update_metrics(request: Any) -> Any:
    """Change the metric catalogue of a benchmark.

    Makes a new version of the one in force. What an administrator changes is in force at once, as is what the
    uploader changes before the benchmark is approved; later the uploader makes a proposal that an
    administrator accepts or declines. A changed unit renames what is there, no value is converted.
    """
    asked = without_nulls(request.fields)
    service = request.find_service(MetricCatalogues)
    shown = service.change(request.context.model, asked["metrics"], message=asked.get("message") or None)
    return present_shown(shown, request.viewer)


@versions.get(
    operation_id="ListMetricCatalogueVersions",
    permission="metrics:read",
    target=True,
    returns="MetricVersions",
    examples=[{"summary": "All versions", "path": {"benchmark_id": "$benchmark"}, "status": 200}],
)
def list_versions(request: Any) -> Any:
    """List the edited versions of a metric catalogue.

    Proposals are listed for administrators and the uploader of the benchmark.
    """
    benchmark = request.context.model
    found = request.find_service(MetricCatalogues).versions(benchmark)
    return {"items": present_versions(found, request.viewer, benchmark.uploader_id)}


@review.get(
    operation_id="ReviewMetricCatalogue",
    permission="metrics:review",
    target=True,
    returns="MetricReview",
    examples=[
        {
            "summary": "What the annotations lack",
            "path": {"benchmark_id": "$benchmark"},
            "as": "admin",
            "status": 200,
        }
    ],
)
def review_metrics(request: Any) -> Any:
    """Check the annotations of a benchmark's schema.

    What is wrong with them, and guesses, each with its reason, where they say nothing. A guess counts
    only once somebody has accepted it by changing the catalogue.
    """
    service, benchmark = request.find_service(MetricCatalogues), request.context.model
    return present_review(service.findings(benchmark), service.proposals(benchmark))


@accept.post(
    operation_id="AcceptMetricCatalogue",
    permission="metrics:decide",
    body=MESSAGE,
    target=True,
    returns="MetricCatalogue",
    errors={409: "the version is no open proposal, or a newer one is in force"},
    examples=[
        {
            "summary": "Put a proposal in force",
            "path": {"benchmark_id": "$proposal", "catalogue_version": "1"},
            "as": "admin",
            "body": {"message": "Thank you"},
            "status": 200,
        }
    ],
)
def accept_metrics(request: Any) -> Any:
    """Accept a proposed version of a metric catalogue."""
    return _decide(request, accept=True)


@decline.post(
    operation_id="DeclineMetricCatalogue",
    permission="metrics:decide",
    body=MESSAGE,
    target=True,
    returns="MetricCatalogue",
    errors={409: "the version is no open proposal"},
    examples=[
        {
            "summary": "Leave everything as it is",
            "path": {"benchmark_id": "$proposal", "catalogue_version": "1"},
            "as": "admin",
            "body": {"message": "The samples are seconds already"},
            "status": 200,
        }
    ],
)
def decline_metrics(request: Any) -> Any:
    """Decline a proposed version of a metric catalogue."""
    return _decide(request, accept=False)


def _decide(request: Any, *, accept: bool) -> Any:
    shown = request.find_service(MetricCatalogues).decide(
        request.context.model,
        int(request.matchdict["catalogue_version"]),
        accept=accept,
        message=message_of(request.fields),
    )
    return present_shown(shown, request.viewer)
