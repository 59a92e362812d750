"""Results: finding, uploading, exporting."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, ClassVar, Unpack

from eoscperf.client import exports, frames, uploads
from eoscperf.client.connection import Connection, read_json
from eoscperf.client.model import Claim, FacetReport, Format, Reason, Result, User
from eoscperf.client.paging import Page, everything, page, segment
from eoscperf.client.queries import ClaimQuery, ExportQuery, FacetQuery, Mode, Moment, ResultQuery
from eoscperf.client.uploads import Document, NewResult, Outcome

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Stored:
    """A stored result; `replayed` says that an earlier attempt had stored it."""

    result: Result
    replayed: bool


class FoundResults:
    """Results that a list of the API finds: visible ones of everybody, or all of your own."""

    path: ClassVar[str]

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, *, page: int = 1, **query: Unpack[ResultQuery]) -> Page[Result]:
        """A page."""
        return _page(self._connection, self.path, {"page": page, **query})

    def iter(self, **query: Unpack[ResultQuery]) -> Iterator[Result]:
        """All of them, fetched while they are taken."""
        return everything(self._connection, self.path, query)

    def export(
        self, format: Format = "ndjson", columns: Sequence[str] = (), **query: Unpack[ExportQuery]
    ) -> Iterator[bytes]:
        """Everything found as a file of this format, in pieces, from one snapshot.

        For csv and parquet `columns` names paths into the JSON, each a column in place of the JSON.
        """
        return exports.chunks(self._connection, self.path, format, columns, query)

    def export_results(self, **query: Unpack[ExportQuery]) -> Iterator[Result]:
        """Everything found, one by one, from one snapshot."""
        return exports.results(self._connection, self.path, query)

    def save(
        self,
        target: str | os.PathLike[str] | IO[bytes],
        format: Format = "ndjson",
        columns: Sequence[str] = (),
        **query: Unpack[ExportQuery],
    ) -> int:
        """Write an export to a file, `.gz` and `.zst` compressed; the number of bytes before compression.

        A file appears only when it is complete.
        """
        return exports.save(self.export(format, columns, **query), target)

    def to_dataframe(
        self, columns: Sequence[str] | None = None, **query: Unpack[ExportQuery]
    ) -> pandas.DataFrame:
        """Everything found as a pandas data frame with a row for each result.

        Each path of the JSON is a column (`machine.cpu.count`; a dot inside of a key is `\\.`), or with
        `columns` only those that are named. Needs pandas.
        """
        return frames.to_dataframe(self.export_results(**query), columns)


class Results(FoundResults):
    """`client.results`."""

    path = "/results"

    def get(self, id: str) -> Result:
        return self._connection.json("GET", self._at(id))

    def facets(self, **query: Unpack[FacetQuery]) -> FacetReport:
        """How the results of a search differ, with counts."""
        return self._connection.json("GET", "/results:facets", query=query)

    def submit(
        self,
        json: Document,
        *,
        benchmark_id: str,
        flavor_id: str,
        execution_datetime: Moment,
        tags_ids: Sequence[str] = (),
        supersedes: str | None = None,
        idempotency_key: str | None = None,
    ) -> Result:
        """Upload one result.

        Doing so again, in this process or another, stores nothing twice: within a day the first answer
        comes back, after that Duplicate is raised, whose `existing` is the id.
        """
        return self.store(
            json,
            benchmark_id=benchmark_id,
            flavor_id=flavor_id,
            execution_datetime=execution_datetime,
            tags_ids=tags_ids,
            supersedes=supersedes,
            idempotency_key=idempotency_key,
        ).result

    def store(self, json: Document, *, idempotency_key: str | None = None, **target: Any) -> Stored:
        """The same as `submit`, telling whether an earlier attempt had stored it."""
        content = uploads.document(json)
        key = idempotency_key or uploads.key_of(self.path, target, content)
        answer = self._connection.request(
            "POST", self.path, query=target, content=content, headers={"Idempotency-Key": key}
        )
        return Stored(read_json(answer), answer.headers.get("Idempotent-Replayed") == "true")

    def validate(
        self,
        json: Document,
        *,
        benchmark_id: str,
        flavor_id: str,
        execution_datetime: Moment,
        tags_ids: Sequence[str] = (),
        supersedes: str | None = None,
    ) -> None:
        """Raise what uploading this would raise; nothing is stored."""
        self._connection.request(
            "POST",
            "/results:validate",
            query={
                "benchmark_id": benchmark_id,
                "flavor_id": flavor_id,
                "execution_datetime": execution_datetime,
                "tags_ids": tags_ids,
                "supersedes": supersedes,
            },
            content=uploads.document(json),
            idempotent=True,
        )

    def upload(
        self, results: Iterable[NewResult], *, mode: Mode = "each", dry_run: bool = False
    ) -> Iterator[Outcome]:
        """Upload many results and say, in their order, what became of each.

        `each` stores what is good; what is there already is a duplicate, so the same upload can be
        repeated. `atomic` stores all in one request or raises. Requests are sent while the outcomes
        are taken.
        """
        return uploads.upload(self._connection, results, mode=mode, dry_run=dry_run)

    def set_tags(self, id: str, tags_ids: Sequence[str], *, if_match: str | None = None) -> None:
        """Replace the tags of a result of yours."""
        headers = {"If-Match": if_match} if if_match else {}
        body = {"tags_ids": list(tags_ids)}
        self._connection.request("PUT", f"{self._at(id)}/tags", json=body, headers=headers)

    def claim(self, id: str, message: str, *, reason: Reason = "other") -> Claim:
        """Dispute a result; it is hidden until moderators have decided."""
        return self._connection.json(
            "POST", f"{self._at(id)}:claim", json={"message": message, "reason": reason}
        )

    def claims(self, id: str, **query: Unpack[ClaimQuery]) -> Iterator[Claim]:
        """The claims on a result of yours."""
        return everything(self._connection, f"{self._at(id)}/claims", query)

    def uploader(self, id: str) -> User:
        return self._connection.json("GET", f"{self._at(id)}/uploader")

    def withdraw(self, id: str, *, message: str | None = None) -> None:
        """Take back a result of yours."""
        self._act(id, "withdraw", message)

    def restore(self, id: str, *, message: str | None = None) -> None:
        """Bring back what was withdrawn (its uploader) or removed (administrators)."""
        self._act(id, "restore", message)

    def delete(self, id: str, *, message: str | None = None, if_match: str | None = None) -> None:
        headers = {"If-Match": if_match} if if_match else {}
        self._connection.request("DELETE", self._at(id), query={"message": message}, headers=headers)

    def _act(self, id: str, verb: str, message: str | None) -> None:
        body = {} if message is None else {"message": message}
        self._connection.request("POST", f"{self._at(id)}:{verb}", json=body)

    def _at(self, id: str) -> str:
        return f"{self.path}/{segment(id)}"


class OwnResults(FoundResults):
    """`client.users.results`: what you uploaded, hidden ones included."""

    path = "/users/self/results"


def _page(connection: Connection, path: str, query: Mapping[str, Any]) -> Page[Result]:
    return page(connection, path, query)
