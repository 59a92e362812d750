"""The results that a search finds, as text straight from the database, some at a time.

Whatever can be text is made text by the database, and what many results share is written once: with a
million results it is the work for each single one that counts.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from eoscperf.listing import SortKey
from eoscperf.results.catalogue import Catalogue, read_stamp
from eoscperf.results.exports.rows import Facts, Row, Rows
from eoscperf.results.exports.units import units_of
from eoscperf.results.exports.writer import ExportWriter
from eoscperf.results.jsonpath import Path
from eoscperf.results.models import result_tags
from eoscperf.results.nested import NestedTexts
from eoscperf.results.plain import plain_id, plain_moment
from eoscperf.results.search.criteria import Criteria
from eoscperf.results.search.search import Search
from eoscperf.results.tables import RESULTS
from eoscperf.results.writing import COLUMNS
from eoscperf.security.identity import Viewer

FIRST, MOST = 20, 500
"""Results that are read together: at first, and when they are small."""

TOGETHER = 512 * 1024
"""Characters that are written together, about; each result may have a megabyte."""

Record = Sequence[Any]
"""What is read of each result: `COLUMNS`, and the ids of its tags."""


class FoundRows(Rows):
    """Everything that a search finds, in the order of its keys, as its viewer sees it."""

    def __init__(
        self,
        session: Session,
        search: Search,
        keys: Sequence[SortKey],
        writer: ExportWriter,
        *,
        most: int | None = None,
        units: Mapping[Path, str] | None = None,
    ) -> None:
        super().__init__((), units)
        self._session = session
        self._search = search
        self._keys = keys
        self._writer = writer
        self._tags = writer.shown_tags
        self._tags.before_asking = self._wait
        self._most = most
        self._wanted = min(FIRST, MOST)
        self._found: sa.Result[Any] | None = None
        self._reader: ThreadPoolExecutor | None = None
        self._ahead: Future[Sequence[Any]] | None = None
        self._benchmarks: dict[str, tuple[str, str]] = {}
        self._flavors: dict[str, tuple[str, str, str, str]] = {}
        """what a table says of them"""

    def close(self) -> None:
        """Give the cursor back."""
        if self._reader is not None:
            self._reader.shutdown(cancel_futures=True)
        if self._found is not None:
            self._found.close()

    def __iter__(self) -> Iterator[Row]:
        for rows in self.batches():
            yield from rows

    def batches(self) -> Iterator[Sequence[Row]]:
        for records in self._read():
            self._wanted = _fitting(sum([len(record[_JSON]) for record in records]), len(records))
            self._tags.learn(record[_TAGS] for record in records)
            yield [Row(self, record) for record in records]

    def texts(self) -> Iterator[Sequence[str]]:
        for records in self._read():
            texts = self._writer.write(records)
            self._wanted = _fitting(sum(map(len, texts)), len(texts))
            yield texts

    def json(self, record: Record) -> str:
        (text,) = self._writer.write([record])
        return text

    def measured(self, record: Record) -> str:
        return record[_JSON]

    def facts(self, record: Record) -> Facts:
        benchmark, benchmark_name = self._benchmark(record[_BENCHMARK])
        site, site_name, flavor, flavor_name = self._flavor(record[_FLAVOR])
        return Facts(
            _dashed(record[_ID]),
            _moment(record[_EXECUTED]),
            _moment(record[_UPLOADED]),
            benchmark,
            benchmark_name,
            site,
            site_name,
            flavor,
            flavor_name,
            ";".join([name for name, _ in self._tags.of(record[_TAGS])]),
            record[_STATUS],
        )

    def _read(self) -> Iterator[Sequence[Record]]:
        columns = _COLUMNS[self._session.get_bind().dialect.name]
        statement = self._search.select(sa.select(*columns), self._keys).limit(self._most)
        # Nothing is read ahead, so that every read can be as large as is right for it.
        options = {"stream_results": True, "max_row_buffer": 1}
        self._found = found = self._session.execute(statement, execution_options=options)
        if self._session.get_bind().dialect.name == "sqlite":
            while records := found.fetchmany(self._wanted):
                yield records
            return
        # While some are written the server finds the next: each of them takes about half of the time.
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="export")
        self._ahead = self._reader.submit(found.fetchmany, self._wanted)
        while records := self._ahead.result():
            self._ahead = self._reader.submit(found.fetchmany, self._wanted)
            yield records

    def _wait(self) -> None:
        """Nothing else is asked in the session while it is being read from."""
        if self._ahead is not None:
            wait([self._ahead])

    def _benchmark(self, identifier: str) -> tuple[str, str]:
        shown = self._benchmarks.get(identifier)
        if shown is None:
            benchmark = self._search.view.benchmarks[uuid.UUID(identifier)]
            shown = self._benchmarks[identifier] = (str(benchmark.id), benchmark.name)
        return shown

    def _flavor(self, identifier: str) -> tuple[str, str, str, str]:
        shown = self._flavors.get(identifier)
        if shown is None:
            flavor = self._search.view.flavors[uuid.UUID(identifier)]
            site = self._search.view.sites[flavor.site_id]
            shown = self._flavors[identifier] = (str(site.id), site.name, str(flavor.id), flavor.name)
        return shown


def find(
    session: Session,
    criteria: Criteria,
    viewer: Viewer,
    keys: Sequence[SortKey],
    columns: Sequence[Path],
    most: int | None,
    catalogue: Catalogue,
    nested: NestedTexts,
) -> FoundRows:
    """Everything asked for in the order of the keys, at most so many; for a table of these columns."""
    stamp = read_stamp(session)
    search = Search(session, criteria, viewer, catalogue.view(session, stamp))
    writer = ExportWriter(session, viewer, nested, stamp)
    units = units_of(session, search, viewer, columns)
    return FoundRows(session, search, keys, writer, most=most, units=units)


_NAMES = [*(str(column.key) for column in COLUMNS), "tags_ids"]
_ID, _JSON, _EXECUTED, _UPLOADED, _BENCHMARK, _FLAVOR, _STATUS, _TAGS = map(
    _NAMES.index,
    (
        *("id", "json", "execution_datetime", "upload_datetime", "benchmark_id", "flavor_id", "status"),
        "tags_ids",
    ),
)
"""Where what is in a record."""

_TAGS_IDS = (
    sa.select(sa.func.aggregate_strings(sa.cast(plain_id(result_tags.c.tag_id), sa.Text()), ","))
    .where(result_tags.c.result_id == RESULTS.c.id)
    .correlate(RESULTS)
    .scalar_subquery()
    .label("tags_ids")
)


_COLUMNS = {
    "sqlite": [*COLUMNS, _TAGS_IDS],
    "postgresql": [
        *(
            plain_moment(RESULTS.c[name]).label(name) if name.endswith("_datetime") else column
            for name, column in zip(_NAMES, COLUMNS, strict=False)
        ),
        _TAGS_IDS,
    ],
}


def _moment(text: str) -> str:
    """RFC 3339, without digits of a second that are all zero."""
    return f"{text[:10]}T{text[11:].removesuffix('.000000')}Z"


def _dashed(identifier: str) -> str:
    """A UUID as it is written; SQLite keeps the digits alone."""
    if len(identifier) == 36:
        return identifier
    return f"{identifier[:8]}-{identifier[8:12]}-{identifier[12:16]}-{identifier[16:20]}-{identifier[20:]}"


def _fitting(characters: int, number: int) -> int:
    """How many results to read together when so many had so many characters."""
    return max(1, min(MOST, TOGETHER * number // max(1, characters)))
