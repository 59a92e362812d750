"""What is contributed, what is decided about it, and by whom."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from eoscperf.client.model.words import ClaimStatus, Kind, Reason, ResultStatus, Role, Status


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
