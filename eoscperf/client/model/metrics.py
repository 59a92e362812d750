"""What is known of the values in results."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from eoscperf.client.model.contents import User
from eoscperf.client.model.words import Better, CatalogueStatus


class Samples(TypedDict):
    """Where the repetitions of a run stand."""

    path: str
    split: str | None


class CatalogueMetric(TypedDict):
    """What is known of one value in the results of a benchmark."""

    path: str
    kind: Literal["number", "string", "boolean", "mixed"]
    label: str
    description: str
    unit: str
    unit_symbol: str
    is_speed: bool
    better: Better | None
    headline: int | None
    samples: Samples | None
    aggregate: Literal["median", "mean", "min", "max"] | None
    parameter: Literal["machine", "input"] | None
    noise: float
    suggested: bool


class MetricCatalogue(TypedDict):
    """What is known of the values in the results of a benchmark; version 0 is what its schema says."""

    benchmark_id: str
    version: int
    in_force: int
    status: CatalogueStatus
    metrics: list[CatalogueMetric]
    created_datetime: NotRequired[str]
    message: NotRequired[str]
    author: NotRequired[User]
    decision: NotRequired[str]


class CatalogueVersion(TypedDict):
    """A version of a metric catalogue, without the metrics."""

    version: int
    status: CatalogueStatus
    created_datetime: str
    message: NotRequired[str]
    author: NotRequired[User]
    decision: NotRequired[str]


class MetricFinding(TypedDict):
    """What is wrong with the annotations of a schema."""

    level: Literal["error", "warning"]
    path: str
    message: str


class MetricProposal(TypedDict):
    """A guess where the annotations of a schema say nothing."""

    path: str
    member: str
    value: str | int | dict[str, Any]
    reason: str


class MetricReview(TypedDict):
    """What is wrong with the annotations of a schema, and guesses."""

    findings: list[MetricFinding]
    proposals: list[MetricProposal]
