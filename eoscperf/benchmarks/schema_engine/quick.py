"""A schema made into nested functions that only say whether a value fits.

That is many times quicker than an evaluation that can also say why not, and nearly every value that is sent
fits. Where it does not, where the schema uses something that is not known here, or where this takes long,
the evaluation decides as if nothing had been asked here.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from .dialects import Dialect
from .index import META, Index, Unresolvable
from .limits import Deadline, ValidationTimeout
from .patterns import Matcher
from .quick_checks import ALL, ANYTHING, NOTHING, Check, Table, Undecided, ask, joined, undecided
from .quick_keywords import MAKERS

SHARE = 0.1
"""The part of the time left that is spent here before the evaluation takes over."""

KEPT_STATES = 2000
"""Automaton states of one pattern, weighted by size, that are kept from one value to the next."""


class Quick:
    """The functions of one schema, for all threads; made when first needed."""

    def __init__(self, index: Index, keywords: Mapping[Dialect, Any]) -> None:
        self._index = index
        self._keywords = keywords
        self._root: Table | None = None

    def fits(self, instance: Any, deadline: Deadline) -> bool:
        """Whether it is certain that the value fits; False when it does not or when nobody knows."""
        try:
            deadline = deadline.part(SHARE)
            if self._root is None:
                builder = Builder(self._index, self._keywords, deadline)
                self._root = builder.table(self._index.document, self._index.root_uri)
            return ask(self._root, instance, deadline)
        except (Undecided, ValidationTimeout, RecursionError):
            return False


class Builder:
    """Makes the functions of all schemas that are reached from one."""

    def __init__(self, index: Index, keywords: Mapping[Dialect, Any], deadline: Deadline) -> None:
        self._index = index
        self._keywords = keywords
        self._deadline = deadline
        self._tables: dict[tuple[int, str], Table] = {}
        self.uri = ""

    def table(self, schema: Any, uri: str | None = None) -> Table:
        """The checks of a schema that stands in a resource; without one, in that of the schema around."""
        if schema is True or schema == {}:
            return ANYTHING
        if schema is False:
            return NOTHING
        if not isinstance(schema, dict):
            return Table()
        uri = self._index.base(schema, self.uri if uri is None else uri)
        found = self._tables.get((id(schema), uri))
        if found is not None:
            return found
        table = self._tables[id(schema), uri] = Table()
        outside, self.uri = self.uri, uri
        # It is asked only when it is complete, but may be mentioned below before.
        table.update(self._checks(schema, self._index.dialect(uri)))
        self.uri = outside
        return table

    def _checks(self, schema: dict[str, Any], dialect: Dialect) -> dict[type, Check | None]:
        known = self._keywords[dialect].VALIDATORS
        checks: dict[type, list[Check]] = {kind: [] for kind in ALL}
        for keyword in ("$ref",) if dialect.only_ref(schema) else schema:
            if keyword not in known:
                continue
            self._deadline.tick()
            make = MAKERS.get(keyword)
            parts = make(self, schema[keyword], schema, dialect) if make else [(ALL, undecided)]
            for kinds, check in parts:
                for kind in kinds:
                    checks[kind].append(check)
        return {kind: joined(several) for kind, several in checks.items()}

    def referred(self, reference: str) -> Table:
        """The checks of the schema that a reference leads to."""
        try:
            schema, uri, _ = self._index.resolve(self.uri, reference)
        except Unresolvable:
            raise Undecided from None
        return self.table(schema, uri)

    def searcher(self, source: str) -> Check:
        """Whether a pattern is found in a text."""
        return Searcher(self._index.patterns.get(source) or META.patterns[source])


class Searcher:
    """A pattern whose automaton is kept while it is small, for one thread at a time."""

    def __init__(self, pattern: Any) -> None:
        self._pattern = pattern
        self._lock = threading.Lock()
        self._matcher: Matcher | None = None

    def __call__(self, text: str, deadline: Deadline) -> bool:
        if not self._lock.acquire(blocking=False):
            raise Undecided
        try:
            matcher = self._matcher or Matcher(self._pattern, deadline)
            self._matcher = None
            found = matcher.search(text, deadline)
            if matcher.size <= KEPT_STATES:
                self._matcher = matcher
            return found
        finally:
            self._lock.release()
