"""The database of the earlier service, read in one snapshot that changes nothing and sees no change.

It is PostgreSQL with the tables of `TABLES`. Times are without an offset. `status` is the type
`resourcestatus` (on_review, approved) and may be NULL. Results hold `jsonb`, benchmarks a schema as `json`.
What waits for a moderator points to its submission (`_submit_report_id`), a result to its latest claim
(`_claim_report_id`). The first revision has no `url` of benchmarks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from eoscperf.db import make_engine
from eoscperf.earlier.problems import SourceUnusable

REVISIONS = {"7fc773c5907d": False, "112055db4eff": True}
"""The known revisions of the schema, and whether benchmarks have an `url`."""

TABLES = ("user", "tag", "site", "flavor", "benchmark", "result", "result_tags", "claim", "submit")

CHUNK = 500
"""Rows that are read and written together; a result may have a megabyte."""

_TIMES = {
    "user": ("registration_datetime",),
    "site": ("upload_datetime",),
    "flavor": ("upload_datetime",),
    "benchmark": ("upload_datetime",),
    "result": ("upload_datetime", "execution_datetime"),
    "claim": ("upload_datetime",),
    "submit": ("upload_datetime",),
}

# Results that share a claim, which the service itself never made: the claim is that of the oldest.
_CLAIMED = """
    SELECT DISTINCT ON (_claim_report_id) _claim_report_id AS claim_id, id AS result_id,
           count(*) OVER (PARTITION BY _claim_report_id) AS sharing
    FROM result WHERE _claim_report_id IS NOT NULL
    ORDER BY _claim_report_id, upload_datetime, id
"""

_ITEM = """
    item.id, item.upload_datetime, item.status::text AS status, item.description,
    item.uploader_iss, item.uploader_sub, submit.id AS submit_id, submit.upload_datetime AS submitted
"""

Chunks = Iterator[Sequence[sa.Row[Any]]]


@contextlib.contextmanager
def opened(url: str) -> Iterator[Source]:
    """The database under this URL; SourceUnusable says what is wrong with it."""
    engine = _engine(url)
    name = str(engine.url.set(drivername="postgresql", password=None))
    with contextlib.ExitStack() as open_ones:
        with _reading(name):
            connection = open_ones.enter_context(engine.connect())
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            open_ones.enter_context(connection.begin())
            source = Source(connection, name)
        yield source


class Source:
    """One snapshot of the earlier database."""

    def __init__(self, connection: sa.Connection, name: str) -> None:
        self._connection = connection
        self.name = name
        """the URL without its password"""
        for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.exec_driver_sql(f"SET LOCAL {setting} = 0")
        # Cursors are read to their end; by default they are planned for a quick beginning.
        connection.exec_driver_sql("SET LOCAL cursor_tuple_fraction = 1")
        self.revision = self._revision()
        self._require_tables()
        self._require_times()

    def counts(self) -> dict[str, int]:
        """The number of rows of every table."""
        return {
            table: self._connection.scalar(sa.select(sa.func.count()).select_from(sa.table(table))) or 0
            for table in TABLES
        }

    def users(self) -> Chunks:
        return self._stream('SELECT iss, sub, email, registration_datetime FROM "user" ORDER BY iss, sub')

    def tags(self) -> Chunks:
        return self._stream("SELECT id, name, description FROM tag ORDER BY id")

    def sites(self) -> Chunks:
        return self._items("site", "item.name, item.address")

    def flavors(self) -> Chunks:
        return self._items("flavor", "item.name, item.site_id")

    def benchmarks(self) -> Chunks:
        url = "item.url" if REVISIONS[self.revision] else "CAST(NULL AS text) AS url"
        return self._items(
            "benchmark", f"item.docker_image, item.docker_tag, {url}, item.json_schema::text AS json_schema"
        )

    def results(self) -> Chunks:
        """Results by execution time, the older first of those with the same one; with the claim on each."""
        return self._stream(f"""
            SELECT r.id, r.json::text AS json, r.execution_datetime, r.upload_datetime, r.benchmark_id,
                   r.flavor_id, r.site_id, r.uploader_iss, r.uploader_sub, r.deleted,
                   c.id AS claim_id, c.status::text AS claim_status, c.upload_datetime AS claimed,
                   coalesce(first.result_id = r.id, false) AS first
            FROM result r
            LEFT JOIN claim c ON c.id = r._claim_report_id
            LEFT JOIN ({_CLAIMED}) first ON first.claim_id = c.id
            ORDER BY r.execution_datetime, r.upload_datetime, r.id
        """)  # noqa: S608

    def links(self) -> Chunks:
        return self._stream("SELECT result_id, tag_id FROM result_tags ORDER BY result_id, tag_id")

    def claims(self) -> Chunks:
        """Claims, each with the result that it is about, if any."""
        return self._stream(f"""
            SELECT c.id, c.message, c.status::text AS status, c.upload_datetime, c.uploader_iss,
                   c.uploader_sub, first.result_id, coalesce(first.sharing, 0) AS sharing,
                   submit.id AS submit_id, submit.upload_datetime AS submitted
            FROM claim c
            LEFT JOIN ({_CLAIMED}) first ON first.claim_id = c.id
            LEFT JOIN submit ON submit.id = c._submit_report_id
            ORDER BY c.id
        """)  # noqa: S608

    def unlinked_submits(self) -> Chunks:
        """Submissions that nothing points to."""
        linked = " ".join(
            f"AND NOT EXISTS (SELECT FROM {table} x WHERE x._submit_report_id = submit.id)"
            for table in ("benchmark", "site", "flavor", "claim")
        )
        return self._stream(f"SELECT id, resource_type FROM submit WHERE true {linked} ORDER BY id")  # noqa: S608

    def _items(self, table: str, columns: str) -> Chunks:
        return self._stream(
            f"SELECT {_ITEM}, {columns} FROM {table} item"  # noqa: S608
            " LEFT JOIN submit ON submit.id = item._submit_report_id ORDER BY item.id"
        )

    def _stream(self, statement: str) -> Chunks:
        """Rows through a cursor of the server, so that memory holds one chunk at a time."""
        with _reading(self.name):
            result = self._connection.execute(
                sa.text(statement), execution_options={"stream_results": True, "max_row_buffer": CHUNK}
            )
            chunks = result.partitions(CHUNK)
            chunk = next(chunks, None)
        while chunk is not None:
            yield chunk
            with _reading(self.name):
                chunk = next(chunks, None)

    def _revision(self) -> str:
        known = " or ".join(REVISIONS)
        if not self._has("alembic_version"):
            raise SourceUnusable(
                f"{self.name} is no database of the earlier service: it has no table alembic_version."
            )
        found = list(self._connection.scalars(sa.text("SELECT version_num FROM alembic_version")))
        if any(revision.startswith("core_") for revision in found):
            raise SourceUnusable(
                f"{self.name} is a database of this platform, perhaps the one that is to be filled; "
                "name that of the earlier service."
            )
        if len(found) != 1 or found[0] not in REVISIONS:
            raise SourceUnusable(
                f"{self.name} is at revision {', '.join(found) or '(none)'}; only {known} can be read. "
                "Bring it to the newest revision with the earlier service's own migrations."
            )
        return found[0]

    def _require_tables(self) -> None:
        missing = [table for table in TABLES if not self._has(table)]
        if missing:
            raise SourceUnusable(
                f"{self.name} is at revision {self.revision} but lacks "
                f"{'the table' if len(missing) == 1 else 'the tables'} {', '.join(missing)}. "
                "Was the backup restored completely?"
            )

    def _require_times(self) -> None:
        """PostgreSQL knows times before the year 1, after 9999 and infinite ones; nobody else does."""
        odd = []
        for table, columns in _TIMES.items():
            key = "iss || ' ' || sub" if table == "user" else "id::text"
            for column in columns:
                statement = (
                    f'SELECT {key} FROM "{table}" WHERE {column} NOT BETWEEN'  # noqa: S608
                    " '0002-01-01' AND '9998-12-31' LIMIT 5"
                )
                odd += [f"{column} of {table} {row}" for row in self._connection.scalars(sa.text(statement))]
        if odd:
            raise SourceUnusable(
                "Times outside the years 2 to 9998 cannot be kept. Correct them in the earlier database: "
                f"{'; '.join(odd)}."
            )

    def _has(self, table: str) -> bool:
        return bool(
            self._connection.scalar(
                sa.select(sa.func.to_regclass(sa.literal(f'"{table}"', sa.Text())).is_not(None))
            )
        )


@contextlib.contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as problem:
        reason = str(problem.orig).strip()
        raise SourceUnusable(f"The earlier database {name} cannot be read: {reason}") from problem


def _engine(url: str) -> sa.Engine:
    try:
        # The earlier service's own settings may say postgres:// or name another driver.
        parsed = sa.make_url(url.replace("postgres://", "postgresql://", 1))
    except sa.exc.ArgumentError as problem:
        raise SourceUnusable(f"The source is no URL of a database. {_EXPECTED}") from problem
    if parsed.get_backend_name() != "postgresql":
        raise SourceUnusable(f"The source is a {parsed.get_backend_name()} database. {_EXPECTED}")
    try:
        return make_engine(
            parsed.set(drivername="postgresql+psycopg"),
            poolclass=sa.NullPool,
            connect_args={"client_encoding": "utf8"},
        )
    except ImportError as problem:
        raise SourceUnusable(
            "Reading PostgreSQL needs the driver psycopg: pip install 'eoscperf[postgresql]'."
        ) from problem


_EXPECTED = "The earlier service keeps its data in PostgreSQL: postgresql://USER:PASSWORD@HOST/DATABASE."
