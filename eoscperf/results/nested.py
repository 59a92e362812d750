"""What results show of benchmarks, sites, flavors and uploaders, written once and kept in memory.

A page repeats the same few of them, schemas included, and so does every page after it. What is kept counts
while the stamp of the catalogue is the one that it was loaded under.
"""

from __future__ import annotations

import hashlib
import sys
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.benchmarks.models import Benchmark
from eoscperf.benchmarks.schemas import present_benchmark
from eoscperf.rest.renderer import dumps
from eoscperf.results.catalogue import has_changed_catalogue
from eoscperf.security.identity import ANONYMOUS, Viewer
from eoscperf.sites.models import Flavor, Site
from eoscperf.sites.schemas import present_flavor, present_site
from eoscperf.users.models import User
from eoscperf.users.schemas import uploader_of

MOST_BYTES = 16 * 1024 * 1024

BENCHMARK, SITE, FLAVOR, USER = "benchmark", "site", "flavor", "user"

_EVERYBODY, _UPLOADER, _ADMIN = "everybody", "uploader", "admin"
"""For whom a text was written."""


@dataclass(frozen=True, slots=True)
class Nested:
    """One object as it stands inside of results."""

    text: str
    """its JSON"""
    status: str
    """approved and so on; empty for users"""
    uploader_id: uuid.UUID | None
    digest: str
    """of its JSON"""


Wanted = Mapping[str, Iterable[str]]
"""ids by kind, as text in any notation"""
Found = dict[str, dict[str, Nested]]
"""by kind and the id as it was asked for"""

_Key = tuple[str, str, str]
"""kind, id and for whom"""


class NestedTexts:
    """The texts of one process, at most so many bytes of them."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._stamp: int | None = None
        self._kept: dict[_Key, Nested] = {}
        self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._bytes

    def find(self, session: Session, stamp: int, viewer: Viewer, wanted: Wanted) -> Found:
        """The objects as the viewer sees them; what is not kept under the stamp is loaded in one statement.

        `stamp` was read in this session. Ids that there are no longer are left out.
        """
        found: Found = {kind: {} for kind in wanted}
        missing: dict[str, dict[uuid.UUID, str]] = {}
        anonymous = viewer.user_id is None and not viewer.admin
        with self._lock:
            kept = self._kept if self._stamp == stamp else {}
            for kind, ids in wanted.items():
                if anonymous and kind != USER:
                    # Most pages are for these, and everything on them has been written before.
                    texts = {identifier: kept.get((kind, identifier, _EVERYBODY)) for identifier in ids}
                    if None not in texts.values():
                        found[kind] = cast(dict[str, Nested], texts)
                        continue
                for identifier in ids:
                    nested = _seen(kept, kind, identifier, viewer)
                    if nested is None:
                        missing.setdefault(kind, {})[uuid.UUID(identifier)] = identifier
                    else:
                        found[kind][identifier] = nested
        if missing:
            loaded: dict[_Key, Nested] = {}
            for kind, item in _load(session, missing, viewer):
                identifier = missing[kind][item.id]
                found[kind][identifier] = _written(kind, identifier, item, viewer, loaded)
            if not has_changed_catalogue(session):
                self._keep(stamp, loaded)
        return found

    def _keep(self, stamp: int, loaded: Mapping[_Key, Nested]) -> None:
        with self._lock:
            if self._stamp != stamp:
                self._stamp, self._kept, self._bytes = stamp, {}, 0
            for key, nested in loaded.items():
                if key not in self._kept:
                    self._kept[key] = nested
                    self._bytes += _size(nested)
            while self._bytes > self._most:
                oldest = next(iter(self._kept))
                self._bytes -= _size(self._kept.pop(oldest))


def _seen(kept: Mapping[_Key, Nested], kind: str, identifier: str, viewer: Viewer) -> Nested | None:
    if viewer.admin:
        return kept.get((kind, identifier, _ADMIN))
    if kind == USER:
        return kept.get((kind, identifier, _UPLOADER))
    public = kept.get((kind, identifier, _EVERYBODY))
    if public is not None and viewer.owns(public.uploader_id):
        return kept.get((kind, identifier, _UPLOADER))
    return public


def _written(kind: str, identifier: str, item: Any, viewer: Viewer, loaded: dict[_Key, Nested]) -> Nested:
    """The item as the viewer sees it; it and what everybody sees of it go into `loaded`."""
    if kind == USER:
        nested = _nested(dumps(uploader_of(item)), "", item.id)
        loaded[kind, identifier, _ADMIN] = loaded[kind, identifier, _UPLOADER] = nested
        return nested
    present = _PRESENT[kind]

    def write(eyes: Viewer) -> Nested:
        return _nested(dumps(present(item, eyes)), item.status, item.uploader_id)

    # Who the uploader is stands beside the public text, hence it is kept for every reader but administrators.
    if not viewer.admin:
        public = loaded[kind, identifier, _EVERYBODY] = write(ANONYMOUS)
        if not viewer.owns(item.uploader_id):
            return public
    nested = loaded[kind, identifier, _ADMIN if viewer.admin else _UPLOADER] = write(viewer)
    return nested


def _nested(text: bytes, status: str, uploader_id: uuid.UUID | None) -> Nested:
    digest = hashlib.blake2b(text, digest_size=16).hexdigest()
    return Nested(text.decode(), status, uploader_id, digest)


_PRESENT: dict[str, Callable[[Any, Viewer], dict[str, Any]]] = {
    BENCHMARK: present_benchmark,
    SITE: present_site,
    FLAVOR: present_flavor,
}


def _size(nested: Nested) -> int:
    return sys.getsizeof(nested.text)


_MODELS: dict[str, type[Any]] = {BENCHMARK: Benchmark, SITE: Site, FLAVOR: Flavor, USER: User}

# The columns of all kinds side by side, each under the name and with the type that it has in its own table.
_COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    column.key: column.type
    for model in (User, Benchmark, Site, Flavor)
    for column in model.__table__.columns
    if column.key not in ("search_text", "deleted_from", "status_entry_id")
}
_USER_PREFIX = "uploader_"
_OF_KIND = "nested_kind"
"""which of the kinds a row is, apart from any column of its own"""
_USER_COLUMNS = ("id", "iss", "sub", "email", "role", "kind", "registration_datetime", "disabled_datetime")


def _load(
    session: Session, missing: Mapping[str, Iterable[uuid.UUID]], viewer: Viewer
) -> Iterable[tuple[str, Any]]:
    """Kind and object of all that are missing, with their uploaders where the viewer may see some."""
    branches = [_branch(kind, ids, viewer) for kind, ids in missing.items()]
    statement = branches[0] if len(branches) == 1 else sa.union_all(*branches)
    for row in session.execute(statement).mappings():
        model = _MODELS[row[_OF_KIND]]
        item = model(**{key: row[key] for key in _COLUMNS if key in model.__table__.columns})
        if model is not User:
            item.uploader = _uploader(row)
        yield row[_OF_KIND], item


def _branch(kind: str, ids: Iterable[uuid.UUID], viewer: Viewer) -> sa.Select[Any]:
    table = _MODELS[kind].__table__
    columns: list[Any] = [sa.literal(kind).label(_OF_KIND)]
    for name, type_ in _COLUMNS.items():
        columns.append((table.c[name] if name in table.c else sa.cast(sa.null(), type_)).label(name))
    users = User.__table__.alias("uploader")
    joined = viewer.user_id is not None and kind != USER
    for name in _USER_COLUMNS:
        column = users.c[name] if joined else sa.cast(sa.null(), users.c[name].type)
        columns.append(column.label(f"{_USER_PREFIX}{name}_"))
    source = table.outerjoin(users, users.c.id == table.c.uploader_id) if joined else table
    return sa.select(*columns).select_from(source).where(table.c.id.in_(list(ids)))


def _uploader(row: sa.RowMapping) -> User | None:
    values = {name: row[f"{_USER_PREFIX}{name}_"] for name in _USER_COLUMNS}
    return User(**values) if values["id"] is not None else None
