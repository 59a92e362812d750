"""Writes results as pages show them, by the hundred thousand: what they share is asked for once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.rest.renderer import dumps
from eoscperf.results.models import Tag
from eoscperf.results.nested import BENCHMARK, FLAVOR, SITE, USER, Nested, NestedTexts
from eoscperf.results.schemas import present_tag
from eoscperf.results.writing import COLUMNS, ResultWriter, Shared
from eoscperf.security.identity import Viewer

KEPT = 32 * 1024 * 1024
"""Characters of what results share that are kept ready, at most."""

_ID, _BENCHMARK, _SITE, _FLAVOR, _UPLOADER = 0, 4, 5, 6, 7
_PARENTS = ((BENCHMARK, _BENCHMARK), (SITE, _SITE), (FLAVOR, _FLAVOR), (USER, _UPLOADER))
_WIDTH = len(COLUMNS)


def _nothing() -> None:
    pass


class ShownTags:
    """Tags as a viewer sees them, by the id that the rows of results have."""

    def __init__(self, session: Session, viewer: Viewer) -> None:
        self.before_asking: Callable[[], None] = _nothing
        """is called before the session is used"""
        self._session = session
        self._viewer = viewer
        self._known: dict[str, tuple[str, str] | None] = {}
        """None: deleted"""
        self._size = 0

    def learn(self, lists: Iterable[str | None]) -> None:
        """Have ready the tags in these lists of ids; one statement, and only for some that are new."""
        if self._size > KEPT:
            self._known.clear()
            self._size = 0
        named = {identifier for some in set(lists) if some for identifier in some.split(",")}
        ids = {uuid.UUID(identifier): identifier for identifier in named - self._known.keys()}
        if not ids:
            return
        self.before_asking()
        for tag in self._session.scalars(sa.select(Tag).where(Tag.id.in_(sorted(ids)))):
            text = dumps(present_tag(tag, self._viewer)).decode()
            self._known[ids[tag.id]] = (tag.name, text) if tag.status == "live" else None
            self._size += len(text)
            self._session.expunge(tag)

    def of(self, identifiers: str | None) -> list[tuple[str, str]]:
        """Name and JSON of each, by name."""
        if identifiers is None:
            return []
        found = [tag for one in identifiers.split(",") if (tag := self._known[one]) is not None]
        if len(found) > 1:
            found.sort()
        return found


class ExportWriter(ResultWriter):
    """Writes rows of `COLUMNS` that are followed by the ids of the tags of the result."""

    def __init__(self, session: Session, viewer: Viewer, nested: NestedTexts, stamp: int) -> None:
        super().__init__(session, viewer, nested, stamp)
        self.shown_tags = ShownTags(session, viewer)
        self._known: dict[str, dict[str, Nested]] = {kind: {} for kind, _ in _PARENTS}
        self._others: set[str] = set()
        """users whom the viewer does not see"""
        self._size = 0

    def write(self, rows: Sequence[Any]) -> list[str]:
        """Each row as JSON; asks the database only for what no row before has shared."""
        if not rows:
            return []
        return self._texts(rows, self._shared(rows))

    def _shared(self, rows: Sequence[Any]) -> Shared:
        self._learn(rows)
        self.shown_tags.learn(row[_WIDTH] for row in rows)
        tags = {
            row[_ID]: ",".join([text for _, text in self.shown_tags.of(row[_WIDTH])])
            for row in rows
            if row[_WIDTH] is not None
        }
        known = self._known
        return Shared(known[BENCHMARK], known[SITE], known[FLAVOR], known[USER], tags)

    def _learn(self, rows: Sequence[Any]) -> None:
        if self._size > KEPT:
            for texts in self._known.values():
                texts.clear()
            self._size = 0
        missing: dict[str, set[str]] = {}
        for kind, place in _PARENTS:
            new = {row[place] for row in rows} - self._known[kind].keys()
            if kind == USER:
                new = self._seen(new)
            if new:
                missing[kind] = new
        if missing:
            self.shown_tags.before_asking()
            found = self._nested.find(self._session, self._stamp, self._viewer, missing)
            for kind, new_texts in found.items():
                self._known[kind].update(new_texts)
                self._size += sum(len(nested.text) for nested in new_texts.values())

    def _seen(self, users: set[str]) -> set[str]:
        """Those whom the viewer sees."""
        if self._viewer.user_id is None and not self._viewer.admin:
            return set()
        seen = {
            user
            for user in users - self._others
            if user is not None and self._viewer.sees_uploader(uuid.UUID(user))
        }
        if len(self._others) < KEPT // 1000:
            self._others |= users - seen
        return seen
