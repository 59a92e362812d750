"""Results from rows to JSON, without parsing, objects or anything else in between.

What comes out is, byte for byte, what `present_result` and the renderer make of the same result: keys in
order, stored JSON as it stands, nested objects from `eoscperf.results.nested`.
"""

from __future__ import annotations

import hashlib
import operator
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.rest.renderer import dumps, timestamp
from eoscperf.results.catalogue import CatalogueView
from eoscperf.results.models import Result, Tag, result_tags
from eoscperf.results.nested import BENCHMARK, FLAVOR, SITE, USER, Nested, NestedTexts
from eoscperf.results.plain import gathered, joined, plain_id, plain_moment, plain_value
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
    _TABLE.c.provenance,
)
"""What a row must hold to be written, in this order."""

_TAG_VALUES = (
    plain_id(Tag.__table__.c.id),
    *(Tag.__table__.c[name] for name in ("name", "description")),
    plain_moment(Tag.__table__.c.upload_datetime),
)

TAGS_IDS = (
    sa.select(joined(plain_id(result_tags.c.tag_id)))
    .where(result_tags.c.result_id == _TABLE.c.id)
    .correlate(_TABLE)
    .scalar_subquery()
    .label("tags_ids")
)
"""The ids of all tags of a result, deleted ones, too; None if there are none."""

PAGE_COLUMNS: tuple[sa.ColumnElement[Any], ...] = (
    *(
        plain_moment(_TABLE.c[str(column.key)]).label(str(column.key))
        if str(column.key).endswith("_datetime")
        else column
        for column in COLUMNS
    ),
    TAGS_IDS,
)
"""What a row may hold instead, if many are read at once: moments as text, and the ids of the tags."""

_WIDTH = len(COLUMNS)

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


class TagTexts:
    """What results show of their tags, from the catalogue; asked for in the database where that is older."""

    def __init__(self, session: Session, view: CatalogueView | None) -> None:
        self._session = session
        self._tags = {} if view is None else view.tags
        self._kept: dict[str, str] = {} if view is None else view.kept.setdefault(TagTexts, {})

    def of(self, ids: str) -> str:
        """The tags with these ids, as they stand in a result: live ones, by name."""
        text = self._kept.get(ids)
        if text is None:
            text = self._write(ids)
            if len(self._kept) >= _MOST_TEXTS:
                self._kept.clear()
            self._kept[ids] = text
        return text

    def _write(self, ids: str) -> str:
        sought = [uuid.UUID(identifier) for identifier in ids.split(",")]
        found = [self._tags[identifier] for identifier in sought if identifier in self._tags]
        shown: list[tuple[Any, ...]] = [
            (tag.name, tag.id, tag.description, tag.upload_datetime) for tag in found if tag.live
        ]
        unknown = [identifier for identifier in sought if identifier not in self._tags]
        if unknown:
            made = sa.select(Tag.name, Tag.id, Tag.description, Tag.upload_datetime)
            made = made.where(Tag.id.in_(unknown), Tag.status == "live")
            shown += [row.tuple() for row in self._session.execute(made)]
        return ",".join(
            _tag_text(str(identifier), name, description, uploaded)
            for name, identifier, description, uploaded in sorted(shown, key=operator.itemgetter(0))
        )


_MOST_TEXTS = 2000
"""Sets of tags that are remembered together."""


class ResultWriter:
    """Writes results for one viewer, page after page; what they share is looked up once per page."""

    def __init__(
        self,
        session: Session,
        viewer: Viewer,
        nested: NestedTexts,
        stamp: int,
        view: CatalogueView | None = None,
    ) -> None:
        """`stamp` is that of the catalogue, read in this session; pages of rows need the `view`, too."""
        self._session = session
        self._view = view
        self._viewer = viewer
        self._nested = nested
        self._stamp = stamp

    def write(self, rows: Sequence[Any]) -> list[str]:
        """Each row of `PAGE_COLUMNS` as JSON; takes one statement at most, however many there are."""
        return self.write_page(rows)[0]

    def write_page(self, rows: Sequence[Any]) -> tuple[list[str], bytes]:
        """The same, and a digest of all that may differ in the JSON of results with the same ids.

        What was measured never changes, and what is nested has a digest of its own.
        """
        if not rows:
            return [], hashlib.blake2b(digest_size=16).digest()
        shared = self._shared(rows)
        texts = TagTexts(self._session, self._view)
        for row in rows:
            ids = row[_WIDTH]
            if ids is not None:
                shared.tags[row[0]] = texts.of(ids)
        marks: list[str] = []
        written = self._texts(rows, shared, marks)
        return written, hashlib.blake2b("\n".join(marks).encode(), digest_size=16).digest()

    def one(self, row: Sequence[Any], *, tagged: bool = True, tags: str | None = None) -> Written:
        """A single row as JSON; its ids may be `uuid.UUID`s.

        `tagged`: it may have tags; `tags` are these as they are gathered, if they have been read already.
        """
        row = [_as_stored(value, self._on_postgresql) for value in row]
        shared = self._shared([row])
        if tags is not None:
            shared.tags[row[0]] = _tags_text(tags)
        elif tagged:
            shared.tags.update(self._tags(row[0]))
        (text,) = self._texts([row], shared)
        return Written(
            id=uuid.UUID(row[0]),
            uploader_id=_uuid(row[7]),
            status=row[10],
            json=text,
            parents=(shared.benchmarks[row[4]], shared.sites[row[5]], shared.flavors[row[6]]),
        )

    def _texts(self, rows: Iterable[Any], shared: Shared, marks: list[str] | None = None) -> list[str]:
        """Each row as JSON; into `marks` what of it may change, in short."""
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
                provenance,
                *_,
            ) = row
            state = links = uploader = source = ""
            if provenance is not None:
                source = f',"provenance":{provenance}'
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
            benchmark, site, flavor = benchmarks[benchmark_id], sites[site_id], flavors[flavor_id]
            disputed, tagged = "true" if pending > 0 else "false", tags.get(id_, "")
            texts.append(
                f'{{"benchmark":{benchmark.text}'
                f',"disputed":{disputed},"execution_datetime":"{_moment(executed)}"'
                f',"flavor":{flavor.text},"id":"{_dashed(id_)}","json":{json}{source}'
                f',"site":{site.text},"status":"{status}"{state}{links}'
                f',"tags":[{tagged}],"upload_datetime":"{_moment(uploaded)}"{uploader}}}'
            )
            if marks is not None:
                marks.append(
                    f"{_dashed(id_)} {benchmark.digest} {site.digest} {flavor.digest}"
                    f" {status} {disputed}{state}{links}{tagged}{uploader}"
                )
        return texts

    @property
    def _on_postgresql(self) -> bool:
        return self._session.get_bind().dialect.name == "postgresql"

    def _shared(self, rows: Sequence[Any]) -> Shared:
        """What the rows have in common, tags excepted."""
        _, _, _, _, benchmarks, sites, flavors, uploaders, *_ = zip(*rows, strict=True)
        wanted = {BENCHMARK: set(benchmarks), SITE: set(sites), FLAVOR: set(flavors), USER: set()}
        if self._viewer.user_id is not None:
            sees = self._viewer.sees_uploader
            wanted[USER] = {user for user in set(uploaders) - {None} if sees(_uuid(user))}
        found = self._nested.find(self._session, self._stamp, self._viewer, wanted)
        return Shared(found[BENCHMARK], found[SITE], found[FLAVOR], found[USER], {})

    def _tags(self, identifier: str) -> dict[str, str]:
        """The tags of one result, if it has any."""
        self._session.flush()
        found = self._session.connection().execute(_TAGS, {"id": uuid.UUID(identifier)}).scalar_one()
        return {} if found in _NO_TAGS else {identifier: _tags_text(found)}


_NO_TAGS = (None, "[]")


def _tags_text(found: str) -> str:
    """The tags that were gathered, as they stand in a result: by name."""
    tags = sorted(orjson.loads(found), key=operator.itemgetter(1))
    return ",".join([_tag_text(*values) for values in tags])


def _tag_text(identifier: str, name: str, description: str | None, uploaded: Any) -> str:
    shown: dict[str, Any] = {"id": _dashed(identifier), "name": name}
    if description is not None:
        shown["description"] = description
    if uploaded is not None:
        shown["upload_datetime"] = _moment(uploaded)
    return dumps(shown).decode()


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


_TAGS = (
    sa.select(gathered(*_TAG_VALUES))
    .join_from(result_tags, Tag.__table__, Tag.__table__.c.id == result_tags.c.tag_id)
    .where(Tag.__table__.c.status == "live", result_tags.c.result_id == sa.bindparam("id", type_=sa.Uuid()))
)
