"""From the body of a batch to its uploads: each item is read alone, and a fault in it is its own."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import colander

from eoscperf import errors, jsontext
from eoscperf.errors import DomainError, Issue
from eoscperf.rest.schema import issues_of, parse_identifier, parse_instant
from eoscperf.results import schemas
from eoscperf.results.batch import Outcome
from eoscperf.results.uploads import Place, Upload

NDJSON = "application/x-ndjson"


def read_batch(body: Any, media_type: str, settings: Mapping[str, Any]) -> list[Outcome]:
    """An outcome per item: with the upload it is, or with what keeps it from being one.

    `body` is the bytes of NDJSON, and of any other media type the JSON that was read. Invalid when it is no
    batch, or one of too many items.
    """
    most = settings["limits.batch_items"]
    items = list(_lines(body, most) if media_type == NDJSON and body else _elements(body))
    if len(items) > most:
        raise errors.Invalid([Issue(f"A batch has at most {most} items.", pointer="")])
    most_tags, most_bytes = settings["limits.tags"], settings["limits.result_bytes"]
    node = schemas.BATCH_ITEM.bind(limits={"tags": most_tags})
    return [_outcome(index, item, node, most_tags, most_bytes) for index, item in enumerate(items)]


def _elements(document: Any) -> list[Any]:
    if not isinstance(document, list):
        raise errors.Invalid([Issue("A batch must be a JSON array, or NDJSON.", pointer="")])
    return document


def _lines(body: bytes, most: int) -> Iterator[Any]:
    """The items, at most one more than allowed; a line that cannot be read is its error."""
    for index, line in jsontext.lines(body):
        if index > most:
            return
        try:
            yield jsontext.loads(line, max_depth=jsontext.MAX_DEPTH + 1, one_line=True)
        except jsontext.JSONTextError as problem:
            yield errors.MalformedRequest(f"Item {index}: {problem.detail}")


def _outcome(index: int, item: Any, node: Any, most_tags: int, most_bytes: int) -> Outcome:
    if isinstance(item, DomainError):
        return Outcome(index, error=item)
    place = Place(index)
    fields = _usual(item, most_tags)
    if fields is None:
        try:
            fields = node.deserialize(item)
        except colander.Invalid as problem:
            return Outcome(index, error=errors.Invalid(issues_of(problem, "body", (index,))))
    text = jsontext.storable_text(fields["json"])
    if text is None:
        where = jsontext.find_unstorable(fields["json"]) or ""
        fault = "must not hold NUL or half of a surrogate pair"
        issue = place.json(Issue(fault, "body", jsontext.dotted(where), where))
        return Outcome(index, error=errors.Invalid([issue]))
    if (len(text) if text.isascii() else len(text.encode())) > most_bytes:
        issue = place.json(Issue(f"may have at most {most_bytes} bytes", pointer=""))
        return Outcome(index, error=errors.Invalid([issue]))
    return Outcome(index, upload=Upload(place=place, text=text, **fields))


_REQUIRED = {"execution_datetime", "benchmark_id", "flavor_id", "json"}
_ALL = _REQUIRED | {"tags_ids"}


def _usual(item: Any, most_tags: int) -> dict[str, Any] | None:
    """What the schema of an item makes of most of them, much quicker; None where it has to decide."""
    if type(item) is not dict or not _REQUIRED <= item.keys() <= _ALL or type(item["json"]) is not dict:
        return None
    try:
        fields: dict[str, Any] = {
            "execution_datetime": parse_instant(item["execution_datetime"]),
            "benchmark_id": _identifier(item["benchmark_id"]),
            "flavor_id": _identifier(item["flavor_id"]),
            "json": item["json"],
        }
        if "tags_ids" in item:
            if type(item["tags_ids"]) is not list:
                return None
            fields["tags_ids"] = list(dict.fromkeys(map(_identifier, item["tags_ids"])))
            if len(fields["tags_ids"]) > most_tags:
                return None
    except (TypeError, ValueError):
        return None
    return fields


@functools.lru_cache(maxsize=1024)
def _identifier(text: str) -> uuid.UUID:
    """The same few are in every item of a batch."""
    return parse_identifier(text)
