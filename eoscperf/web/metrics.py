"""Figures for Prometheus: how many requests of which kind, how long they take. Nothing about people."""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from pyramid.tweens import INGRESS

import eoscperf
from eoscperf import errors
from eoscperf.rest.service import ApiService

metrics = ApiService("metrics", "/metrics", tag="service", root=True)

METRICS = "eoscperf.metrics"
"""in the registry: the figures, when they are switched on"""

_METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class RequestMetrics:
    """The figures of one application; two in a process do not share any."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "eoscperf_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "eoscperf_request_seconds",
            "Time until a request was answered, in seconds",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        info = Gauge("eoscperf_info", "Version of the platform", ["version"], registry=self.registry)
        info.labels(eoscperf.__version__).set(1)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        # Whatever a client makes up must not become a label: labels are kept for good.
        method = method if method in _METHODS else "other"
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)


@metrics.get(
    operation_id="GetMetrics",
    permission="",
    ignores_caller=True,
    offers=("text/plain",),
    returns={"type": "string"},
    errors={404: "the setting metrics is off"},
    examples=[{"summary": "Figures in the text format of Prometheus", "status": 200}],
)
def get_metrics(request: Any) -> Any:
    """Get figures for Prometheus."""
    figures = request.registry.get(METRICS)
    if figures is None:
        raise errors.NotFound("Figures are not served here; the setting metrics switches them on.")
    response = request.response
    response.body = generate_latest(figures.registry)
    response.headers["Content-Type"] = CONTENT_TYPE_LATEST
    return response


def measuring(handler: Any, registry: Any) -> Any:
    """The tween that counts; outside of all others."""
    figures = registry[METRICS]

    def tween(request: Any) -> Any:
        begun = time.perf_counter()
        status = 500
        try:
            answer = handler(request)
            status = answer.status_int
            return answer
        finally:
            matched = getattr(request, "matched_route", None)
            figures.answered(
                request.method, matched.name if matched else "none", status, time.perf_counter() - begun
            )

    return tween


def includeme(config: Any) -> None:
    config.add_api_service(metrics)
    if config.get_settings()["metrics"]:
        config.registry[METRICS] = RequestMetrics()
        config.add_tween("eoscperf.web.metrics.measuring", under=INGRESS, over="eoscperf.rest.tween.gateway")
