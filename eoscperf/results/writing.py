"""Results from rows to JSON, without parsing, objects or anything else in between.

What comes out is, byte for byte, what `present_result` and the renderer make of the same result: keys in
order, stored JSON as it stands, nested objects from `eoscperf.results.nested`.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from eoscperf.rest.renderer import dumps, timestamp
from eoscperf.results.models import Result, Tag, result_tags
from eoscperf.results.nested import BENCHMARK, FLAVOR, SITE, USER, Found, Nested, NestedTexts
from eoscperf.results.schemas import present_tag
from eoscperf.security.identity import Viewer
from eoscperf.users.schemas import uploader_of

_TABLE = Result.__table__


def _plain(name: str) -> sa.ColumnElement[Any]:
    """A column as the driver reads it: types that check or convert each value cost more than the query."""
    return sa.type_coerce(_TABLE.c[name], sa.types.NullType()).label(name)


COLUMNS: tuple[sa.ColumnElement[Any], ...] = (
    _TABLE.c.id,
    _TABLE.c.json,
    _plain("execution_datetime"),
    _plain("upload_datetime"),
    _TABLE.c.benchmark_id,
    _TABLE.c.site_id,
    _TABLE.c.flavor_id,
    _TABLE.c.uploader_id,
    _TABLE.c.supersedes_id,
    _TABLE.c.superseded_by_id,
    _plain("status"),
    _plain("status_datetime"),
    _TABLE.c.status_message,
    _TABLE.c.pending_claims,
)
"""What a row must hold to be written, in this order."""

_NOBODY = dumps(uploader_of(None)).decode()


class Written(NamedTuple):
    """A result as one viewer sees it."""

    id: uuid.UUID
    uploader_id: uuid.UUID | None
    status: str
    json: str
    """the representation, not only what was measured"""
    parents: tuple[Nested, Nested, Nested]
    """benchmark, site and flavor"""


class ResultWriter:
    """Writes results for one viewer, page after page; what they share is looked up once per page."""

    def __init__(self, session: Session, viewer: Viewer, nested: NestedTexts, stamp: int) -> None:
        """`stamp` is that of the catalogue, read in this session."""
        self._session = session
        self._viewer = viewer
        self._nested = nested
        self._stamp = stamp

    def write(self, rows: Sequence[Any]) -> list[Written]:
        """Each row of `COLUMNS` as JSON; takes two statements at most, however many there are."""
        if not rows:
            return []
        found = self._shared(rows)
        benchmarks, sites, flavors = found[BENCHMARK], found[SITE], found[FLAVOR]
        users = found.get(USER, {})
        ids = [str(row[0]) for row in rows]
        tags = self._tags(ids)
        sees_uploader = self._viewer.sees_uploader
        anonymous = self._viewer.user_id is None and not self._viewer.admin
        written = []
        for id_, row in zip(ids, rows, strict=True):
            (
                identifier,
                json,
                executed,
                uploaded,
                benchmark_id,
                site_id,
                flavor_id,
                uploader_id,
                supersedes,
                superseded_by,
                status,
                since,
                message,
                pending,
            ) = row
            benchmark, site, flavor = benchmarks[benchmark_id], sites[site_id], flavors[flavor_id]
            state = links = uploader = ""
            if superseded_by is not None:
                links = f',"superseded_by":"{superseded_by}"'
            if supersedes is not None:
                links += f',"supersedes":"{supersedes}"'
            if not anonymous and sees_uploader(uploader_id):
                if since is not None:
                    state = f',"status_datetime":"{_moment(since)}"'
                if message is not None:
                    state += f',"status_message":{dumps(message).decode()}'
                known = users.get(uploader_id) if uploader_id is not None else None
                uploader = f',"uploader":{known.text if known else _NOBODY}'
            text = (
                f'{{"benchmark":{benchmark.text},"disputed":{"true" if pending > 0 else "false"}'
                f',"execution_datetime":"{_moment(executed)}","flavor":{flavor.text},"id":"{id_}"'
                f',"json":{json},"site":{site.text},"status":"{status}"{state}{links}'
                f',"tags":[{tags.get(identifier, "")}],"upload_datetime":"{_moment(uploaded)}"{uploader}}}'
            )
            written.append(Written(identifier, uploader_id, status, text, (benchmark, site, flavor)))
        return written

    def _shared(self, rows: Sequence[Any]) -> Found:
        """Benchmarks, sites, flavors and the uploaders that the viewer may see."""
        _, _, _, _, benchmarks, sites, flavors, uploaders, *_ = zip(*rows, strict=True)
        wanted: dict[str, Any] = {BENCHMARK: set(benchmarks), SITE: set(sites), FLAVOR: set(flavors)}
        if self._viewer.user_id is not None:
            sees = self._viewer.sees_uploader
            wanted[USER] = {user for user in set(uploaders) if user is not None and sees(user)}
        return self._nested.find(self._session, self._stamp, self._viewer, wanted)

    def _tags(self, ids: list[str]) -> dict[uuid.UUID, str]:
        """The tags of each result that has any, by name."""
        texts: dict[uuid.UUID, str] = {}
        of_result: dict[uuid.UUID, str] = {}
        for result_id, tag_id, *values in self._session.execute(*self._of_results(ids)):
            text = texts.get(tag_id)
            if text is None:
                tag = Tag(id=tag_id, **dict(zip(_TAG, values, strict=True)))
                text = texts[tag_id] = dumps(present_tag(tag, self._viewer)).decode()
            before = of_result.get(result_id)
            of_result[result_id] = text if before is None else f"{before},{text}"
        return of_result

    def _of_results(self, ids: list[str]) -> tuple[sa.Select[Any], dict[str, Any]]:
        if self._session.get_bind().dialect.name == "postgresql":
            # One value, however many ids: the statement stays the same and is prepared once.
            return _TAGS_POSTGRESQL, {"ids": f"{{{','.join(ids)}}}"}
        return _TAGS, {"ids": list(map(uuid.UUID, ids))}


def _moment(value: datetime.datetime | str) -> str:
    """As `timestamp`, also of what SQLite keeps for a moment."""
    if isinstance(value, str):
        return f"{value[:10]}T{value[11:].removesuffix('.000000')}Z"
    return timestamp(value)


_TAG = ("name", "description", "upload_datetime", "status")


def _tags_of(some: sa.ColumnElement[bool]) -> sa.Select[Any]:
    tags = Tag.__table__
    return (
        sa.select(result_tags.c.result_id, tags.c.id, *(tags.c[name] for name in _TAG))
        .join_from(result_tags, tags, tags.c.id == result_tags.c.tag_id)
        .where(tags.c.status == "live", some)
        .order_by(tags.c.name)
    )


_TAGS = _tags_of(result_tags.c.result_id.in_(sa.bindparam("ids", expanding=True)))
_TAGS_POSTGRESQL = _tags_of(
    result_tags.c.result_id == sa.any_(sa.cast(sa.bindparam("ids", type_=sa.Text()), ARRAY(sa.Uuid())))
)
