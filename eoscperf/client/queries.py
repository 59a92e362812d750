"""What lists can be asked, as keyword arguments."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Literal, TypedDict

from eoscperf.client.model import ClaimStatus, Kind, ResultStatus, Role, Status, Weight

Moment = str | datetime.date
"""A date or time; as text `YYYY-MM-DD` or with an offset."""


class Listed(TypedDict, total=False):
    """Every list: the size of pages and the order, `+name` or `-name`, comma-separated."""

    per_page: int
    sort_by: str


class Uploaded(Listed, total=False):
    """Lists of what somebody uploaded."""

    upload_before: Moment
    upload_after: Moment


class BenchmarkQuery(Uploaded, total=False):
    docker_image: str
    docker_tag: str
    status: Status


class SiteQuery(Uploaded, total=False):
    name: str
    address: str
    status: Status


class FlavorQuery(Uploaded, total=False):
    name: str
    status: Status


class TagQuery(Listed, total=False):
    name: str


class ResultFilter(TypedDict, total=False):
    """Which results: lists mean OR, but all tags and all filters must hold."""

    benchmark_id: str | Sequence[str]
    site_id: str | Sequence[str]
    flavor_id: str | Sequence[str]
    ids: Sequence[str]
    tags_ids: str | Sequence[str]
    filters: str | Sequence[str]
    terms: str | Sequence[str]
    status: ResultStatus
    upload_before: Moment
    upload_after: Moment
    execution_before: Moment
    execution_after: Moment


class ResultQuery(ResultFilter, Listed, total=False):
    pass


class ExportQuery(ResultFilter, total=False):
    sort_by: str


class FacetQuery(ResultFilter, total=False):
    facet: Sequence[str]
    limit: int


class ClaimQuery(Uploaded, total=False):
    status: ClaimStatus


class SubmitQuery(Uploaded, total=False):
    resource_type: Kind


class LogQuery(Uploaded, total=False):
    resource_type: str
    resource_id: str
    action: str


class UserQuery(Listed, total=False):
    sub: str
    iss: str
    email: str
    role: Role
    kind: Literal["person", "service"]


class CompareQuery(TypedDict, total=False):
    """What `client.compare` takes beside the items; names are not looked up here."""

    benchmark_id: str | Sequence[str]
    filters: str | Sequence[str]
    upload_before: Moment
    execution_before: Moment
    execution_after: Moment
    base: str
    metric: str
    weight: Weight
    missing: Literal["common", "penalise"]


class LeaderboardQuery(TypedDict, total=False):
    """What a ranking takes; `base` is the id of a flavor, `cat` a version of the metric catalogue."""

    site_id: str | Sequence[str]
    tags_ids: str | Sequence[str]
    filters: str | Sequence[str]
    upload_before: Moment
    execution_before: Moment
    execution_after: Moment
    metric: str
    weight: Weight
    base: str
    sort_by: Literal["rank", "site", "n", "last"]
    cat: int
    per_page: int


Mode = Literal["each", "atomic"]
