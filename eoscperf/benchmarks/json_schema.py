"""JSON Schema for benchmarks: is a schema one we can use, and does a result fit it, both in bounded time.

No schema and no value can hold a thread for longer than it was given: everything runs in this process with
a deadline that is asked at every step, and nothing is ever fetched.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from jsonschema.exceptions import ValidationError

from eoscperf import jsontext

from .schema_engine.dialects import DIALECTS, LATEST, Dialect, dialect_of
from .schema_engine.evaluation import Run
from .schema_engine.index import META, Index, Path
from .schema_engine.keywords import VALIDATORS
from .schema_engine.limits import Deadline, SchemaUnusable, ValidationTimeout
from .schema_engine.quick import Quick

__all__ = ["SchemaIssue", "SchemaUnusable", "ValidationTimeout", "Verdict", "check_schema", "validate"]

MAX_DETAIL = 300
CACHED_SCHEMAS = 256
CACHED_CHARACTERS = 8 * 1024 * 1024


@dataclass(frozen=True)
class SchemaIssue:
    """One thing that is wrong: a sentence, the RFC 6901 pointer to its place, the keyword that says so."""

    detail: str
    pointer: str
    keyword: str | None


@dataclass(frozen=True)
class Verdict:
    """What a validation found; no issues mean that the value fits. `truncated` tells that there are more."""

    issues: list[SchemaIssue]
    truncated: bool


def check_schema(schema: Any, *, seconds: float = 2.0, limit: int = 100) -> list[SchemaIssue]:
    """Everything that keeps the schema from being used, at most `limit`; raises `ValidationTimeout`."""
    deadline = Deadline(seconds)
    try:
        # A copy: nobody can change it meanwhile, and no part of it is the same object as another one.
        document = jsontext.loads(jsontext.dumps(schema))
        _, issues = _examine(document, deadline, limit)
    except jsontext.JSONTextError as error:
        return [_issue(f"the schema is not usable JSON: {error.detail}", (), None)]
    except RecursionError:
        return [_issue("the schema is nested too deep", (), None)]
    return issues


def validate(schema_text: str, instance: Any, *, seconds: float = 2.0, limit: int = 100) -> Verdict:
    """Validate a value against a schema; raises `SchemaUnusable` and `ValidationTimeout`."""
    deadline = Deadline(seconds)
    try:
        schema = _SCHEMAS.ready(schema_text, deadline)
        if schema.quick.fits(instance, deadline):
            return Verdict([], False)
        index = schema.index
        found = _Findings(limit)
        found.add_errors(Run(index, deadline, VALIDATORS).errors(index.document, index.root_uri, instance))
    except RecursionError:
        raise SchemaUnusable("the schema and the value are nested too deep together") from None
    return Verdict(found.issues(), found.full)


class _Ready:
    """A schema that is ready to validate: quickly whether a value fits, in full why it does not."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.quick = Quick(index, VALIDATORS)


class _Schemas:
    """Schemas that are ready to validate, the latest used ones, for all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, _Ready | str] = OrderedDict()
        self._characters = 0

    def ready(self, text: str, deadline: Deadline) -> _Ready:
        """The schema of this text; raises `SchemaUnusable`."""
        with self._lock:
            ready = self._known.get(text)
            if ready is not None:
                self._known.move_to_end(text)
        if ready is None:
            ready = self._prepare(text, deadline)
        if isinstance(ready, str):
            raise SchemaUnusable(ready)
        return ready

    def _prepare(self, text: str, deadline: Deadline) -> _Ready | str:
        ready: _Ready | str
        try:
            index, issues = _examine(jsontext.loads(text), deadline, 1)
        except jsontext.JSONTextError as error:
            ready = f"the schema is not JSON: {error.detail}"
        else:
            if index is None or issues:
                ready = f"{issues[0].detail} (at {issues[0].pointer or 'the root'} of the schema)"
            else:
                ready = _Ready(index)
        with self._lock:
            if text not in self._known:
                self._known[text] = ready
                self._characters += len(text)
            while len(self._known) > CACHED_SCHEMAS or (
                self._characters > CACHED_CHARACTERS and len(self._known) > 1
            ):
                oldest, _ = self._known.popitem(last=False)
                self._characters -= len(oldest)
        return ready


_SCHEMAS = _Schemas()


def _examine(document: Any, deadline: Deadline, limit: int) -> tuple[Index | None, list[SchemaIssue]]:
    """The index of a schema document and what is wrong with it; no index where it cannot even be walked."""
    if not isinstance(document, dict):
        return None, [_issue("a JSON Schema must be an object", (), None)]
    dialect = dialect_of(document["$schema"]) if "$schema" in document else LATEST
    if dialect is None:
        allowed = ", ".join(each.uri for each in DIALECTS)
        return None, [_issue(f"$schema must be one of {allowed}", ("$schema",), "$schema")]
    found = _Findings(limit)
    index = Index(document, dialect, deadline)
    found.add_errors(_meta_errors(document, (), dialect, index, deadline))
    if found.full:
        return None, found.issues()
    index.close()
    for schema, path, inner in index.unchecked:
        found.add_errors(_meta_errors(schema, path, inner, index, deadline), path)
    for problem in index.problems:
        found.add(problem.detail, problem.path, problem.keyword)
    return index, found.issues()


def _meta_errors(
    schema: Any, path: Path, dialect: Dialect, index: Index, deadline: Deadline
) -> Iterator[ValidationError]:
    """The errors under the meta-schema, save those inside embedded resources of other dialects."""
    run = Run(_META_INDEX, deadline, VALIDATORS)
    foreign = {tuple(map(str, place[len(path) :])) for place in index.foreign if place[: len(path)] == path}
    foreign.discard(())
    for error in run.errors(META.resources[dialect.uri], dialect.uri, schema):
        where = tuple(map(str, error.path))
        if not foreign or not any(where[:length] in foreign for length in range(1, len(where) + 1)):
            yield error


class _Findings:
    """Issues without doubles, up to one more than the limit, given out in the order of their places."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._found: dict[SchemaIssue, tuple[tuple[int, int, str], ...]] = {}

    @property
    def full(self) -> bool:
        return len(self._found) > self._limit

    def add_errors(self, errors: Iterable[ValidationError], prefix: Path = ()) -> None:
        for error in errors:
            keyword = error.validator if isinstance(error.validator, str) else None
            self.add(error.message, (*prefix, *error.path), keyword)
            if self.full:
                return

    def add(self, detail: str, path: Path, keyword: str | None) -> None:
        order = tuple((0, part, "") if isinstance(part, int) else (1, 0, part) for part in path)
        if not self.full:
            self._found.setdefault(_issue(detail, path, keyword), order)

    def issues(self) -> list[SchemaIssue]:
        return sorted(self._found, key=self._found.__getitem__)[: self._limit]


def _issue(detail: str, path: Path, keyword: str | None) -> SchemaIssue:
    if len(detail) > MAX_DETAIL:
        detail = detail[: MAX_DETAIL - 3] + "..."
    return SchemaIssue(jsontext.sendable(detail), jsontext.sendable(jsontext.pointer(path)), keyword)


_META_INDEX = Index(True, LATEST, Deadline(None))
