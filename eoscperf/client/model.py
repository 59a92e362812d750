"""What the API answers, as types: plain dictionaries at run time.

Servers may add fields; what is named here stays.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Status = Literal["on_review", "approved", "rejected", "deleted"]
ResultStatus = Literal["visible", "claimed", "withdrawn", "removed"]
ClaimStatus = Literal["on_review", "approved", "rejected", "withdrawn"]
Reason = Literal[
    "wrong_version", "wrong_place", "implausible", "duplicate", "tampered", "personal_data", "other"
]
Role = Literal["reader", "user", "admin"]
Better = Literal["higher", "lower"]
Weight = Literal["source", "run"]
CatalogueStatus = Literal["proposed", "accepted", "declined"]
Kind = Literal["benchmark", "site", "flavor", "claim"]
Format = Literal["csv", "json", "md", "ndjson", "parquet"]


class User(TypedDict):
    """An account; masked (`sub` is `hidden` or `removed`) where it may not be seen."""

    sub: str
    iss: str
    email: str
    registration_datetime: str
    role: NotRequired[Role]
    kind: NotRequired[Literal["person", "service"]]
    disabled_datetime: NotRequired[str]


class ImageCheck(TypedDict):
    """Whether the image of a benchmark is where it should be; for moderators."""

    status: Literal["pending", "ok", "missing", "error"]
    digest: NotRequired[str]
    detail: NotRequired[str]
    checked_datetime: NotRequired[str]


class Benchmark(TypedDict):
    """One version of a benchmark: a container image and the schema of its results."""

    id: str
    docker_image: str
    docker_tag: str
    json_schema: dict[str, Any]
    status: Status
    upload_datetime: str
    url: NotRequired[str]
    description: NotRequired[str]
    uploader: NotRequired[User]
    status_message: NotRequired[str]
    image_check: NotRequired[ImageCheck]


class Site(TypedDict):
    """A place that offers machines."""

    id: str
    name: str
    address: str
    status: Status
    upload_datetime: str
    description: NotRequired[str]
    uploader: NotRequired[User]
    status_message: NotRequired[str]


class Flavor(TypedDict):
    """A kind of machine that a site offers."""

    id: str
    name: str
    site_id: str
    status: Status
    upload_datetime: str
    description: NotRequired[str]
    uploader: NotRequired[User]
    status_message: NotRequired[str]


class Tag(TypedDict):
    """A word that groups results."""

    id: str
    name: str
    description: NotRequired[str]
    upload_datetime: NotRequired[str]
    status: NotRequired[Literal["deleted"]]


class Provenance(TypedDict):
    """The run of a CI workflow that uploaded a result, as its CI system vouches for it."""

    issuer: str
    repository: str
    repository_id: str
    workflow: str
    ref: str
    commit: str
    run: str
    run_url: NotRequired[str]


class Result(TypedDict):
    """One run of a benchmark on a flavor."""

    id: str
    json: dict[str, Any]
    execution_datetime: str
    upload_datetime: str
    benchmark: Benchmark
    site: Site
    flavor: Flavor
    tags: list[Tag]
    status: ResultStatus
    disputed: bool
    superseded_by: NotRequired[str]
    supersedes: NotRequired[str]
    provenance: NotRequired[Provenance]
    uploader: NotRequired[User]
    status_datetime: NotRequired[str]
    status_message: NotRequired[str]


class Claim(TypedDict):
    """Somebody's doubt about a result."""

    id: str
    message: str
    reason: Reason
    resource_type: Literal["result"]
    status: ClaimStatus
    upload_datetime: str
    uploader: User
    resource_id: NotRequired[str]
    decision_datetime: NotRequired[str]
    decision_message: NotRequired[str]


class Submit(TypedDict):
    """Something that waits for a moderator."""

    id: str
    resource_type: Kind
    resource_id: str
    resource: Benchmark | Site | Flavor | Claim
    upload_datetime: str
    uploader: User


class LogEntry(TypedDict):
    """One thing that was done, by whom and why."""

    id: int
    datetime: str
    action: str
    resource_type: str
    resource_id: str
    actor: NotRequired[User]
    from_status: NotRequired[str]
    to_status: NotRequired[str]
    message: NotRequired[str]
    caused_by: NotRequired[int]
    details: NotRequired[dict[str, Any]]


class ApiToken(TypedDict):
    """A token as it is listed: how it begins (`hint`), never the token itself."""

    id: str
    name: str
    hint: str
    scopes: list[str]
    created_datetime: str
    expires_datetime: str
    last_used_datetime: NotRequired[str]
    last_used_network: NotRequired[str]


class TrustRule(TypedDict):
    """A CI workflow that uploads in the name of the rule's owner; what is left out is not restricted."""

    id: str
    issuer: str
    repository: str
    workflow: str
    created_datetime: str
    repository_id: NotRequired[str]
    repository_owner_id: NotRequired[str]
    ref: NotRequired[str]
    benchmark_id: NotRequired[str]
    site_id: NotRequired[str]
    flavors_ids: NotRequired[list[str]]
    used_datetime: NotRequired[str]
    owner: NotRequired[User]


class NewApiToken(ApiToken):
    """The answer to making one: the only time that the token itself is shown."""

    token: str


class ServiceAccount(TypedDict):
    """The account of a machine, which has API tokens and no log-in."""

    id: str
    name: str
    iss: str
    email: str
    role: Literal["reader", "user"]
    registration_datetime: str
    description: NotRequired[str]
    disabled_datetime: NotRequired[str]


class FacetValue(TypedDict):
    """A value of a facet and how many results have it."""

    count: int
    selected: bool
    id: NotRequired[str]
    name: NotRequired[str]
    site_id: NotRequired[str]
    site_name: NotRequired[str]
    value: NotRequired[float | str | bool]


class Facet(TypedDict):
    """How results differ in one respect."""

    name: str
    values: NotRequired[list[FacetValue]]
    distinct: NotRequired[int]
    more: NotRequired[int]
    min: NotRequired[float]
    max: NotRequired[float]


class FacetReport(TypedDict):
    """How the results of a search differ."""

    facets: list[Facet]
    total: int


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


class ComparedMetric(TypedDict):
    """The metric by which rows are ranked or compared."""

    path: str
    label: str
    unit: str
    unit_symbol: str
    better: Better | None
    noise: float


class Verdict(TypedDict):
    """What the data say about a row and the baseline; the code is for programs."""

    code: Literal[
        "missing", "unlike", "nonpos", "undirected", "few", "better", "worse", "same", "none", "unclear"
    ]
    sentence: str


Effect = Literal["negligible", "small", "medium", "large"]


class ComparedRow(TypedDict):
    """One of the things that are compared: a flavor, or a single result."""

    name: str
    found: bool
    flavor_id: str | None
    tag_id: str | None
    result_id: str | None


class ComparedItem(TypedDict):
    """The runs of a row; `row` is its place in the rows of the comparison."""

    row: int
    n: int
    sources: int
    median: float | None
    interval: list[float] | None
    min: float | None
    max: float | None
    values: list[float] | None
    within_spread: float | None
    between_spread: float | None
    ratio: float | None
    ratio_interval: list[float] | None
    p: float | None
    effect: Effect | None
    verdict: Verdict | None
    left_out: int
    machine: dict[str, list[Any]]


class ComparedTable(TypedDict):
    """The rows by one benchmark."""

    benchmark_id: str
    benchmark: str
    catalogue_version: int
    metric: ComparedMetric
    inputs: dict[str, Any]
    note: str | None
    false_alarms: str | None
    items: list[ComparedItem]


class GeometricMean(TypedDict):
    """Of the ratios of a row over several benchmarks."""

    value: float | None
    interval: list[float] | None
    over: int
    of: int
    penalised: int


class Comparison(TypedDict):
    """Several rows side by side, a table for each benchmark; `base` is the place of the baseline."""

    method: str
    weight: Weight
    base: int
    rows: list[ComparedRow]
    tables: list[ComparedTable]
    more_benchmarks: int
    geometric_means: list[GeometricMean] | None
    differing: list[str]


class OtherInputs(TypedDict):
    """Settings of the workload whose runs are not mixed in."""

    inputs: dict[str, Any]
    runs: int


class LeftOut(TypedDict):
    """Runs that do not count."""

    older: int
    not_finite: int


class RankedRow(TypedDict):
    """A flavor in a ranking."""

    site_id: str
    site: str
    flavor_id: str
    flavor: str
    rank: int | None
    rank_label: str | None
    provisional: bool
    n: int
    sources: int
    median: float
    interval: list[float] | None
    min: float
    max: float
    values: list[float] | None
    within_spread: float | None
    between_spread: float | None
    last_run: str
    ratio: float | None
    ratio_interval: list[float] | None
    p: float | None
    effect: Effect | None
    verdict: Verdict | None


class Leaderboard(TypedDict):
    """A page of the flavors on which a benchmark ran, best first."""

    benchmark_id: str
    benchmark: str
    method: str
    catalogue_version: int
    metric: ComparedMetric
    weight: Weight
    inputs: dict[str, Any]
    other_inputs: list[OtherInputs]
    headline: str
    false_alarms: str | None
    left_out: LeftOut
    base: str | None
    items: list[RankedRow]
    page: int
    pages: int
    per_page: int
    total: int
    has_next: bool
    has_prev: bool


Capability = dict[str, Any]
"""Something that not every server can do: a `description`, and members that depend on what it is."""
