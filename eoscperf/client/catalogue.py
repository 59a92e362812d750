"""Benchmarks, sites, flavors and tags."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, Unpack, cast

from eoscperf.client.connection import Connection, read_json
from eoscperf.client.errors import Changed
from eoscperf.client.model import (
    Benchmark,
    CatalogueVersion,
    Flavor,
    Leaderboard,
    MetricCatalogue,
    MetricReview,
    Site,
    Tag,
)
from eoscperf.client.paging import Page, everything, listed, page, segment
from eoscperf.client.queries import BenchmarkQuery, FlavorQuery, LeaderboardQuery, SiteQuery, TagQuery

T = TypeVar("T")

Terms = str | list[str] | None

TRIES = 3
"""How often a change is made anew because somebody else was quicker."""


@dataclass(frozen=True)
class Versioned(Generic[T]):
    """An object and the ETag it was fetched with."""

    value: T
    etag: str


class Items(Generic[T]):
    """What every kind of catalogue item can do."""

    path: ClassVar[str]
    editable: ClassVar[tuple[str, ...]]
    """Fields that can be changed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> T:
        return self._connection.json("GET", self._at(id))

    def versioned(self, id: str) -> Versioned[T]:
        """The object with its ETag, for `update(..., if_match=...)`."""
        answer = self._connection.request("GET", self._at(id))
        return Versioned(read_json(answer), answer.headers.get("ETag", ""))

    def update(self, id: str, *, if_match: str | None = None, **changes: Any) -> None:
        """Change some fields (None clears an optional one) and leave the others as they are.

        What somebody else changes meanwhile is never overwritten: with `if_match`, the ETag of the
        object you have seen, Changed is raised; without, the change is made on the newer object.
        """
        for left in reversed(range(TRIES)):
            found = self.versioned(id)
            fields = self._fields(cast(Mapping[str, Any], found.value)) | changes
            try:
                headers = {"If-Match": if_match or found.etag}
                self._connection.request("PUT", self._at(id), json=fields, headers=headers)
                return
            except Changed:
                if if_match or not left:
                    raise

    @contextlib.contextmanager
    def edit(self, id: str) -> Iterator[T]:
        """Change an object in a `with` block; Changed is raised if somebody else did so meanwhile."""
        found = self.versioned(id)
        yield found.value
        fields = self._fields(cast(Mapping[str, Any], found.value))
        self._connection.request("PUT", self._at(id), json=fields, headers={"If-Match": found.etag})

    def delete(self, id: str, *, message: str | None = None, if_match: str | None = None) -> None:
        headers = {"If-Match": if_match} if if_match else {}
        self._connection.request("DELETE", self._at(id), query={"message": message}, headers=headers)

    def restore(self, id: str, *, message: str | None = None) -> None:
        self._act(id, "restore", message)

    def _fields(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value[key] for key in self.editable if key in value}

    def _act(self, id: str, verb: str, message: str | None) -> None:
        body = {} if message is None else {"message": message}
        self._connection.request("POST", f"{self._at(id)}:{verb}", json=body)

    def _at(self, id: str) -> str:
        return f"{self.path}/{segment(id)}"

    def _page(self, path: str, terms: Terms, query: Mapping[str, Any]) -> Page[T]:
        path, words = listed(path, terms)
        return page(self._connection, path, words | dict(query))

    def _all(self, path: str, terms: Terms, query: Mapping[str, Any]) -> Iterator[T]:
        path, words = listed(path, terms)
        return everything(self._connection, path, words | dict(query))


class Reviewed(Items[T]):
    """Items that moderators approve."""

    def approve(self, id: str, *, message: str | None = None) -> None:
        self._act(id, "approve", message)

    def reject(self, id: str, *, message: str | None = None) -> None:
        self._act(id, "reject", message)


class Benchmarks(Reviewed[Benchmark]):
    """`client.benchmarks`."""

    path = "/benchmarks"
    editable = ("docker_image", "docker_tag", "json_schema", "url", "description")

    def list(self, terms: Terms = None, *, page: int = 1, **query: Unpack[BenchmarkQuery]) -> Page[Benchmark]:
        """A page; with `terms` those in which all of these words occur."""
        return self._page(self.path, terms, {"page": page, **query})

    def iter(self, terms: Terms = None, **query: Unpack[BenchmarkQuery]) -> Iterator[Benchmark]:
        """All of them, fetched while they are taken."""
        return self._all(self.path, terms, query)

    def submit(
        self,
        docker_image: str,
        docker_tag: str,
        json_schema: Mapping[str, Any],
        *,
        url: str | None = None,
        description: str | None = None,
    ) -> Benchmark:
        """Propose a benchmark; moderators decide about it."""
        fields = {"docker_image": docker_image, "docker_tag": docker_tag, "json_schema": dict(json_schema)}
        return self._connection.json(
            "POST", self.path, json=fields | _given(url=url, description=description)
        )

    def leaderboard(self, id: str, *, page: int = 1, **query: Unpack[LeaderboardQuery]) -> Leaderboard:
        """A page of the flavors on which it ran, best first, with intervals and verdicts."""
        return self._connection.json("GET", f"{self._at(id)}/leaderboard", query={"page": page, **query})

    def metrics(self, id: str, *, version: int | None = None) -> MetricCatalogue:
        """What is known of the values in its results; without a version, what is in force."""
        return self._connection.json("GET", self._metrics(id), query={"version": version})

    def change_metrics(
        self,
        id: str,
        metrics: Sequence[Mapping[str, Any]],
        *,
        message: str | None = None,
        if_match: str | None = None,
    ) -> MetricCatalogue:
        """Make a version of the catalogue in which some metrics differ.

        metrics: for each its `path`, and the members that are to change; all others stay as they are. What
        comes back says by its `status` whether that is in force or waits for an administrator.
        """
        body = {"metrics": [dict(metric) for metric in metrics]} | _given(message=message)
        headers = {"If-Match": if_match} if if_match else {}
        return self._connection.json("PUT", self._metrics(id), json=body, headers=headers, idempotent=False)

    def metrics_versions(self, id: str) -> tuple[CatalogueVersion, ...]:
        """The edited versions of the catalogue, newest first."""
        return tuple(self._connection.json("GET", f"{self._metrics(id)}/versions")["items"])

    def metrics_review(self, id: str) -> MetricReview:
        """What is wrong with the annotations of its schema; for its uploader and administrators."""
        return self._connection.json("GET", f"{self._metrics(id)}/review")

    def accept_metrics(self, id: str, version: int, *, message: str | None = None) -> MetricCatalogue:
        """Put a proposed version of the catalogue in force, as an administrator."""
        return self._decide(id, version, "accept", message)

    def decline_metrics(self, id: str, version: int, *, message: str | None = None) -> MetricCatalogue:
        """Decline a proposed version of the catalogue, as an administrator."""
        return self._decide(id, version, "decline", message)

    def _decide(self, id: str, version: int, verb: str, message: str | None) -> MetricCatalogue:
        path = f"{self._metrics(id)}/{segment(version)}:{verb}"
        return self._connection.json("POST", path, json=_given(message=message))

    def _metrics(self, id: str) -> str:
        return f"{self._at(id)}/metrics"


class Sites(Reviewed[Site]):
    """`client.sites`."""

    path = "/sites"
    editable = ("name", "address", "description")

    def list(self, terms: Terms = None, *, page: int = 1, **query: Unpack[SiteQuery]) -> Page[Site]:
        """A page; with `terms` those in which all of these words occur."""
        return self._page(self.path, terms, {"page": page, **query})

    def iter(self, terms: Terms = None, **query: Unpack[SiteQuery]) -> Iterator[Site]:
        """All of them, fetched while they are taken."""
        return self._all(self.path, terms, query)

    def submit(self, name: str, address: str, *, description: str | None = None) -> Site:
        """Propose a site; moderators decide about it."""
        fields = {"name": name, "address": address}
        return self._connection.json("POST", self.path, json=fields | _given(description=description))


class Flavors(Reviewed[Flavor]):
    """`client.flavors`: the kinds of machines of a site."""

    path = "/flavors"
    editable = ("name", "description")

    def list(
        self, site_id: str, terms: Terms = None, *, page: int = 1, **query: Unpack[FlavorQuery]
    ) -> Page[Flavor]:
        """A page of those of a site; with `terms` those in which all of these words occur."""
        return self._page(self._of(site_id), terms, {"page": page, **query})

    def iter(self, site_id: str, terms: Terms = None, **query: Unpack[FlavorQuery]) -> Iterator[Flavor]:
        """All of a site, fetched while they are taken."""
        return self._all(self._of(site_id), terms, query)

    def site(self, id: str) -> Site:
        """The site of a flavor."""
        return self._connection.json("GET", f"{self._at(id)}/site")

    def submit(self, site_id: str, name: str, *, description: str | None = None) -> Flavor:
        """Propose a flavor; moderators decide about it."""
        fields = {"name": name} | _given(description=description)
        return self._connection.json("POST", self._of(site_id), json=fields)

    def _of(self, site_id: str) -> str:
        return f"/sites/{segment(site_id)}/flavors"


class Tags(Items[Tag]):
    """`client.tags`."""

    path = "/tags"
    editable = ("name", "description")

    def list(self, terms: Terms = None, *, page: int = 1, **query: Unpack[TagQuery]) -> Page[Tag]:
        """A page; with `terms` those in which all of these words occur."""
        return self._page(self.path, terms, {"page": page, **query})

    def iter(self, terms: Terms = None, **query: Unpack[TagQuery]) -> Iterator[Tag]:
        """All of them, fetched while they are taken."""
        return self._all(self.path, terms, query)

    def submit(self, name: str, *, description: str | None = None) -> Tag:
        """Make a tag, for everybody to use at once."""
        fields = {"name": name} | _given(description=description)
        return self._connection.json("POST", self.path, json=fields)


def _given(**optional: str | None) -> dict[str, Any]:
    return {key: value for key, value in optional.items() if value is not None}
