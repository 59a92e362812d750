"""Results from rows to JSON, without parsing, objects or anything else in between.

What comes out is, byte for byte, what `present_result` and the renderer make of the same result: keys in
order, stored JSON as it stands, nested objects from `eoscperf.results.nested`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from eoscperf.rest.renderer import dumps, timestamp
from eoscperf.results.models import Result, Tag, result_tags
from eoscperf.results.nested import BENCHMARK, FLAVOR, SITE, USER, Nested, NestedTexts
from eoscperf.results.plain import plain_id, plain_value
from eoscperf.results.schemas import present_tag
from eoscperf.security.identity import Viewer
from eoscperf.users.schemas import uploader_of

_TABLE = Result.__table__

COLUMNS: tuple[sa.ColumnElement[Any], ...] = (
    plain_id(_TABLE.c.id).label("id"),
    _TABLE.c.json,
    plain_value(_TABLE.c.execution_datetime).label("execution_datetime"),
    plain_value(_TABLE.c.upload_datetime).label("upload_datetime"),
    plain_id(_TABLE.c.benchmark_id).label("benchmark_id"),
    plain_id(_TABLE.c.site_id).label("site_id"),
    plain_id(_TABLE.c.flavor_id).label("flavor_id"),
    plain_id(_TABLE.c.uploader_id).label("uploader_id"),
    plain_id(_TABLE.c.supersedes_id).label("supersedes_id"),
    plain_id(_TABLE.c.superseded_by_id).label("superseded_by_id"),
    plain_value(_TABLE.c.status).label("status"),
    plain_value(_TABLE.c.status_datetime).label("status_datetime"),
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


class Shared(NamedTuple):
    """What some rows have in common, by id as it stands in the rows."""

    benchmarks: dict[str, Nested]
    sites: dict[str, Nested]
    flavors: dict[str, Nested]
    users: dict[str, Nested]
    tags: dict[str, str]


class ResultWriter:
    """Writes results for one viewer, page after page; what they share is looked up once per page."""

    def __init__(self, session: Session, viewer: Viewer, nested: NestedTexts, stamp: int) -> None:
        """`stamp` is that of the catalogue, read in this session."""
        self._session = session
        self._viewer = viewer
        self._nested = nested
        self._stamp = stamp

    def write(self, rows: Sequence[Any]) -> list[str]:
        """Each row of `COLUMNS` as JSON; takes two statements at most, however many there are."""
        return self._texts(rows, self._shared(rows)) if rows else []

    def one(self, row: Sequence[Any], *, tagged: bool = True) -> Written:
        """A single row as JSON; its ids may be `uuid.UUID`s. `tagged`: it may have tags."""
        row = [_as_stored(value, self._on_postgresql) for value in row]
        shared = self._shared([row], tagged=tagged)
        (text,) = self._texts([row], shared)
        return Written(
            id=uuid.UUID(row[0]),
            uploader_id=_uuid(row[7]),
            status=row[10],
            json=text,
            parents=(shared.benchmarks[row[4]], shared.sites[row[5]], shared.flavors[row[6]]),
        )

    def _texts(self, rows: Iterable[Any], shared: Shared) -> list[str]:
        benchmarks, sites, flavors, users, tags = shared
        viewer = self._viewer
        anonymous = viewer.user_id is None and not viewer.admin
        texts = []
        for row in rows:
            (
                id_,
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
            state = links = uploader = ""
            if superseded_by is not None:
                links = f',"superseded_by":"{_dashed(superseded_by)}"'
            if supersedes is not None:
                links += f',"supersedes":"{_dashed(supersedes)}"'
            if not anonymous and viewer.sees_uploader(_uuid(uploader_id)):
                if since is not None:
                    state = f',"status_datetime":"{_moment(since)}"'
                if message is not None:
                    state += f',"status_message":{dumps(message).decode()}'
                known = users.get(uploader_id)
                uploader = f',"uploader":{known.text if known else _NOBODY}'
            texts.append(
                f'{{"benchmark":{benchmarks[benchmark_id].text}'
                f',"disputed":{"true" if pending > 0 else "false"},"execution_datetime":"{_moment(executed)}"'
                f',"flavor":{flavors[flavor_id].text},"id":"{_dashed(id_)}","json":{json}'
                f',"site":{sites[site_id].text},"status":"{status}"{state}{links}'
                f',"tags":[{tags.get(id_, "")}],"upload_datetime":"{_moment(uploaded)}"{uploader}}}'
            )
        return texts

    @property
    def _on_postgresql(self) -> bool:
        return self._session.get_bind().dialect.name == "postgresql"

    def _shared(self, rows: Sequence[Any], *, tagged: bool = True) -> Shared:
        ids, _, _, _, benchmarks, sites, flavors, uploaders, *_ = zip(*rows, strict=True)
        wanted = {BENCHMARK: set(benchmarks), SITE: set(sites), FLAVOR: set(flavors), USER: set()}
        if self._viewer.user_id is not None:
            sees = self._viewer.sees_uploader
            wanted[USER] = {user for user in set(uploaders) - {None} if sees(_uuid(user))}
        found = self._nested.find(self._session, self._stamp, self._viewer, wanted)
        tags = self._tags(ids) if tagged else {}
        return Shared(found[BENCHMARK], found[SITE], found[FLAVOR], found[USER], tags)

    def _tags(self, ids: Sequence[str]) -> dict[str, str]:
        """The tags of each result that has any, by name."""
        self._session.flush()
        connection = self._session.connection()
        if self._on_postgresql:
            # One value, however many ids: the statement stays the same and is prepared once.
            found = connection.execute(_TAGS_POSTGRESQL, {"ids": f"{{{','.join(ids)}}}"})
        else:
            found = connection.execute(_TAGS, {"ids": ids})
        texts: dict[str, str] = {}
        of_result: dict[str, str] = {}
        for result_id, tag_id, *values in found.all():
            text = texts.get(tag_id)
            if text is None:
                tag = Tag(id=uuid.UUID(tag_id), **dict(zip(_TAG, values, strict=True)))
                text = texts[tag_id] = dumps(present_tag(tag, self._viewer)).decode()
            before = of_result.get(result_id)
            of_result[result_id] = text if before is None else f"{before},{text}"
        return of_result


def _uuid(identifier: str | None) -> uuid.UUID | None:
    return None if identifier is None else uuid.UUID(identifier)


def _as_stored(value: Any, on_postgresql: bool) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value) if on_postgresql else value.hex
    return value


def _dashed(identifier: str) -> str:
    """An id as text in its usual notation; SQLite keeps it without dashes."""
    if len(identifier) == 36:
        return identifier
    a, b, c, d, e = identifier[:8], identifier[8:12], identifier[12:16], identifier[16:20], identifier[20:]
    return f"{a}-{b}-{c}-{d}-{e}"


def _moment(value: Any) -> str:
    """As `timestamp`, also of what SQLite keeps for a moment."""
    if value.__class__ is str:
        return f"{value[:10]}T{value[11:].removesuffix('.000000')}Z"
    text = value.isoformat()
    return f"{text[:-6]}Z" if text[-6:] == "+00:00" else timestamp(value)


_TAG = ("name", "description", "upload_datetime", "status")
_OF_RESULT = result_tags.c.result_id


def _tags_of(some: sa.ColumnElement[bool]) -> sa.Select[Any]:
    tags = Tag.__table__
    return (
        sa.select(plain_id(_OF_RESULT), plain_id(tags.c.id), *(tags.c[name] for name in _TAG))
        .join_from(result_tags, tags, tags.c.id == result_tags.c.tag_id)
        .where(tags.c.status == "live", some)
        .order_by(tags.c.name)
    )


_TAGS = _tags_of(plain_id(_OF_RESULT).in_(sa.bindparam("ids", type_=sa.Text(), expanding=True)))
_TAGS_POSTGRESQL = _tags_of(
    sa.any_(sa.cast(sa.bindparam("ids", type_=sa.Text()), ARRAY(sa.Uuid()))) == _OF_RESULT
)
