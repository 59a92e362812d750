"""Uploading results so that a repeated upload stores nothing twice."""

from __future__ import annotations

import hashlib
import json as jsonlib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from eoscperf.client.connection import Connection, encoded, read_json
from eoscperf.client.errors import Invalid, Problem, TooLarge, UnexpectedAnswer, Usage
from eoscperf.client.queries import Mode, Moment

NDJSON = "application/x-ndjson"
MOST_ITEMS = 500
MOST_BYTES = 8 << 20
"""A request holds at most so many results and bytes; servers allow 1000 and 16 MiB unless told otherwise."""

Document = Mapping[str, Any] | str | bytes


@dataclass(frozen=True)
class NewResult:
    """A result to upload; `json` is an object or its text, which is sent as it is.

    `source` is yours: it comes back with the outcome.
    """

    json: Document
    benchmark_id: str
    flavor_id: str
    execution_datetime: Moment
    tags_ids: Sequence[str] = ()
    source: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one result of an upload.

    created: stored, `id` is new. duplicate: it was there already as `id`. valid: a dry run found
    nothing wrong. refused: `problem` says why.
    """

    index: int
    status: Literal["created", "duplicate", "valid", "refused"]
    id: str | None = None
    problem: Problem | None = None
    source: str = ""


def document(json: Document) -> bytes:
    """The JSON text of a result on one line.

    Text is not parsed and printed again, so that numbers stay as they were written.
    """
    if isinstance(json, Mapping):
        try:
            return jsonlib.dumps(json, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise Usage(f"The result is no JSON: {error}") from None
    text = json.encode() if isinstance(json, str) else json
    # In JSON a line break stands between tokens only; inside of texts it is written \n.
    return text.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b" ").replace(b"\n", b" ").strip()


def is_object(text: bytes) -> str | None:
    """Why a text is not the JSON of one object; None if it is."""
    try:
        found = jsonlib.loads(text)
    except UnicodeDecodeError:
        return "is not UTF-8"
    except (ValueError, RecursionError) as error:
        return f"is not JSON: {error}"
    return None if isinstance(found, dict) else "is JSON, but no object"


def key_of(path: str, query: Mapping[str, Any], content: bytes) -> str:
    """The Idempotency-Key of a request: the same for the same request, in any process."""
    digest = hashlib.sha256(path.encode())
    for key, value in sorted(encoded(query)):
        digest.update(jsonlib.dumps([key, value]).encode())
    digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def upload(
    connection: Connection, results: Iterable[NewResult], *, mode: Mode, dry_run: bool
) -> Iterator[Outcome]:
    """The outcome of each result, in order, sent in requests of a fitting size."""
    if mode == "atomic":
        everything = list(results)
        yield from _atomic(connection, everything, dry_run)
        return
    start = 0
    for chunk in _chunks(results):
        yield from _each(connection, chunk, start, dry_run)
        start += len(chunk)


def _chunks(results: Iterable[NewResult]) -> Iterator[list[tuple[NewResult, bytes]]]:
    chunk: list[tuple[NewResult, bytes]] = []
    size = 0
    for result in results:
        line = _line(result)
        if chunk and (len(chunk) == MOST_ITEMS or size + len(line) > MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append((result, line))
        size += len(line)
    if chunk:
        yield chunk


def _each(
    connection: Connection, chunk: list[tuple[NewResult, bytes]], start: int, dry_run: bool
) -> Iterator[Outcome]:
    query = {"mode": "each", "dry_run": dry_run}
    try:
        # A key of this call only: the report of a run in which some were refused must not be repeated
        # when they are sent again. Results that were stored then are found to be duplicates.
        report = _send(connection, query, chunk, str(uuid.uuid4()))
    except (TooLarge, Invalid) as problem:
        if len(chunk) == 1:
            yield Outcome(start, "refused", problem=problem, source=chunk[0][0].source)
            return
        if not isinstance(problem, TooLarge):
            raise
        half = len(chunk) // 2
        yield from _each(connection, chunk[:half], start, dry_run)
        yield from _each(connection, chunk[half:], start + half, dry_run)
        return
    yield from _outcomes(report, chunk, start)


def _atomic(connection: Connection, results: list[NewResult], dry_run: bool) -> Iterator[Outcome]:
    if not results:
        return
    query = {"mode": "atomic", "dry_run": dry_run}
    chunk = [(result, _line(result)) for result in results]
    key = key_of("/results:batch", query, b"\n".join(line for _, line in chunk))
    yield from _outcomes(_send(connection, query, chunk, key), chunk, 0)


def _send(
    connection: Connection, query: Mapping[str, Any], chunk: list[tuple[NewResult, bytes]], key: str
) -> Any:
    answer = connection.request(
        "POST",
        "/results:batch",
        query=query,
        content=b"\n".join(line for _, line in chunk) + b"\n",
        content_type=NDJSON,
        headers={"Idempotency-Key": key},
    )
    return read_json(answer)


def _outcomes(report: Any, chunk: list[tuple[NewResult, bytes]], start: int) -> Iterator[Outcome]:
    try:
        items = [(item["status"], item.get("id"), item.get("problem")) for item in report["items"]]
    except (KeyError, TypeError, AttributeError):
        raise UnexpectedAnswer("The server did not answer a report about the results") from None
    if len(items) != len(chunk):
        raise UnexpectedAnswer(f"The server reported on {len(items)} results, but {len(chunk)} were sent")
    for number, (status, id, told) in enumerate(items):
        index, source = start + number, chunk[number][0].source
        if status == 201:
            yield Outcome(index, "created", id, source=source)
        elif status == 200:
            yield Outcome(index, "valid", source=source)
        else:
            yield refusal(index, Problem.of(status, _of_item(told, number)), source)


def refusal(index: int, problem: Problem, source: str = "") -> Outcome:
    """The outcome of a result that was not stored: what is there already is no failure."""
    if problem.type == "duplicate" and problem.existing:
        return Outcome(index, "duplicate", problem.existing, problem, source)
    return Outcome(index, "refused", problem=problem, source=source)


def _of_item(told: Any, number: int) -> dict[str, Any]:
    """A problem of an item of a batch, whose errors then point into the JSON of that result."""
    problem = dict(told) if isinstance(told, dict) else {}
    for part in (f"/{number}", "/json"):
        problem["errors"] = [
            {**error, "pointer": str(error.get("pointer", "")).removeprefix(part)}
            for error in problem.get("errors") or ()
            if isinstance(error, dict)
        ]
    return problem


def _line(result: NewResult) -> bytes:
    """A result as a line of NDJSON."""
    text = document(result.json)
    if fault := is_object(text):
        raise Usage(f"{result.source or 'A result'} {fault}")
    (_, moment), *_ = encoded({"execution_datetime": result.execution_datetime})
    head = {
        "execution_datetime": moment,
        "benchmark_id": result.benchmark_id,
        "flavor_id": result.flavor_id,
        "tags_ids": list(result.tags_ids),
    }
    return jsonlib.dumps(head).encode()[:-1] + b', "json": ' + text + b"}"
