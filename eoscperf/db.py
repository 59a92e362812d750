"""The database: declarative base, column types alike on both databases, one session per request."""

from __future__ import annotations

import contextlib
import datetime
import select
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import zope.sqlalchemy
from sqlalchemy import orm

from eoscperf.db_state import CHANGES_BEFORE

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

CodePointText = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that compares and orders by Unicode code point on every database."""


class UTCDateTime(sa.TypeDecorator[datetime.datetime]):
    """An aware datetime, stored in UTC with microseconds; naive values are refused.

    SQLite keeps it as text of a fixed width, so that comparing the text compares the instants.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.Text())
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime.datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without an offset names no instant")
        value = value.astimezone(datetime.UTC)
        return value.strftime("%Y-%m-%d %H:%M:%S.%f").rjust(26, "0") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime.datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.datetime.fromisoformat(value).replace(tzinfo=datetime.UTC)
        return value.astimezone(datetime.UTC)


class Base(orm.DeclarativeBase):
    """The declarative base of the core and of every plug-in."""

    metadata = metadata
    type_annotation_map = {
        str: CodePointText,
        datetime.datetime: UTCDateTime(),
        uuid.UUID: sa.Uuid(),
    }


def text_enum(*values: str, name: str) -> sa.Enum:
    """Text with a CHECK of the allowed values; no type of its own is left behind on downgrade."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def utcnow() -> datetime.datetime:
    """Now, aware, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def make_engine(url: str | sa.URL, **options: Any) -> sa.Engine:
    """An engine set up as the platform needs it, for SQLite or PostgreSQL.

    SQLite: foreign keys on, write-ahead log with full synchronisation (an acknowledged change
    survives a crash of process or machine), savepoints that work, writers that wait for each other; the
    folder of the file is made.
    """
    url = sa.make_url(url)
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    # Errors are logged with their statement; its values are addresses of people and what they uploaded.
    options.setdefault("hide_parameters", True)
    file = url.database or ":memory:"
    if url.get_backend_name() == "sqlite" and file != ":memory:" and not file.startswith("file:"):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    if file != ":memory:" and "poolclass" not in options:
        # The connection used last: it has its statements prepared and its pages at hand.
        options.setdefault("pool_use_lifo", True)
    engine = sa.create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    else:
        _prepare_postgresql(engine)
        _replace_dead_connections(engine)
    return engine


IDLE = 10.0
"""Seconds after which a connection to PostgreSQL has to prove that it is alive."""

_USED = "eoscperf.used"


def _replace_dead_connections(engine: sa.Engine) -> None:
    """Connections that ended while nobody used them are replaced before anybody notices.

    Asking the server each time costs more than many a query. When it ends a connection it says so, which can
    be seen without asking; only after a while is it asked, for the sake of networks that forget connections.
    """

    @sa.event.listens_for(engine, "checkin")
    def checkin(connection: Any, record: Any) -> None:
        record.info[_USED] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def checkout(connection: Any, record: Any, proxy: Any) -> None:
        used = record.info.get(_USED)
        if used is None or (time.monotonic() - used < IDLE and not _has_news(connection)):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as problem:
            raise sa.exc.InvalidatePoolError(str(problem)) from problem


def _has_news(connection: Any) -> bool:
    """Whether the server has sent something that nobody asked for, or is gone."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _prepare_postgresql(engine: sa.Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        # Statements here are short and many at a time: to start processes or a compiler for one of them takes
        # longer than most of them do.
        cursor = connection.cursor()
        cursor.execute("SELECT set_config('max_parallel_workers_per_gather', '0', false)")
        cursor.execute("SELECT set_config('jit', 'off', false)")
        cursor.close()
        connection.commit()


def _prepare_sqlite(engine: sa.Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        # pysqlite would otherwise begin transactions behind SQLAlchemy's back and break savepoints.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA busy_timeout = 20000")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()
        connection.create_function("eoscperf_lower", 1, _lower, deterministic=True)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A transaction that reads first and writes later cannot wait for another writer under WAL:
        # it fails at once. Those that will write say so and queue at the start instead.
        immediate = connection.get_execution_options().get("sqlite_immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
        driver: Any = connection.connection.dbapi_connection
        connection.info[CHANGES_BEFORE] = driver.total_changes


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def request_session(factory: orm.sessionmaker[orm.Session], manager: Any, **info: Any) -> orm.Session:
    """A session that lives and dies with the transaction manager's transaction."""
    # "changed" from the start: Core statements are invisible to the unit of work, and a session
    # that looks clean would be rolled back in silence.
    events = zope.sqlalchemy.ZopeTransactionEvents("changed", manager)
    return factory(info=info | {_JOINING: events})


_READING = ("GET", "HEAD", "OPTIONS")

_JOINING = "eoscperf.joining"

_ONLY_READS = "eoscperf.only_reads"
"""in the info of a session: each of its statements is committed by itself"""


# Registered once for all sessions: doing it anew for each takes longer than many a query.
@sa.event.listens_for(orm.Session, "after_begin")
def _after_begin(session: orm.Session, transaction: Any, connection: sa.Connection) -> None:
    if _JOINING in session.info:
        session.info[_JOINING].after_begin(session, transaction, connection)


@sa.event.listens_for(orm.Session, "after_attach")
def _after_attach(session: orm.Session, instance: Any) -> None:
    if _JOINING in session.info:
        session.info[_JOINING].after_attach(session, instance)


@sa.event.listens_for(orm.Session, "before_commit")
def _before_commit(session: orm.Session) -> None:
    if _JOINING in session.info:
        session.info[_JOINING].before_commit(session)


@sa.event.listens_for(orm.Session, "before_flush")
def _before_flush(session: orm.Session, context: Any, instances: Any) -> None:
    if _ONLY_READS in session.info and (session.new or session.dirty or session.deleted):
        raise RuntimeError(
            "An operation whose answers are remembered only reads: nothing can be stored here."
        )


def _dbsession(request: Any) -> orm.Session:
    session = request.environ.get("eoscperf.dbsession")
    if session is not None:
        return session
    factory = request.registry["dbsession_factory"]
    database = factory.kw["bind"]
    if _only_reads(request) and isinstance(database, sa.Engine) and database.dialect.name == "postgresql":
        # Statements see what is committed when each begins, within a transaction or without one; beginning
        # and ending one takes as long as half of the statements, and so does to have the transaction manager
        # end it. The pool sets the connection back.
        session = factory(info={"request": request, _ONLY_READS: True})
        request.add_finished_callback(lambda request: session.close())
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        return session
    session = request_session(factory, request.tm, request=request)
    if request.method not in _READING and database.dialect.name == "sqlite":
        session.connection(execution_options={"sqlite_immediate": True})
    return session


def _only_reads(request: Any) -> bool:
    """Whether nothing is ever written for the request: its operation declares it, see `remembered`."""
    operation = getattr(request, "operation", None)
    return request.method in ("GET", "HEAD") and operation is not None and operation.remembered


def write_from_the_start(session: orm.Session) -> None:
    """For a GET that writes: on SQLite its session has to queue as a writer before it reads anything."""
    if session.get_bind().dialect.name == "sqlite" and not session.in_transaction():
        session.connection(execution_options={"sqlite_immediate": True})


def waits_for_writers(request: Any) -> bool:
    """Whether the session of a request, which it has not used yet, will wait until others have written.

    SQLite has one writer at a time: who means to write queues from the start.
    """
    return (
        request.method not in _READING
        and "dbsession" not in request.__dict__
        and "eoscperf.dbsession" not in request.environ
        and request.registry["dbsession_factory"].kw["bind"].dialect.name == "sqlite"
    )


@contextlib.contextmanager
def reading(request: Any) -> Iterator[orm.Session]:
    """A session for what can be read before a change: one of its own where the request's would have to wait.

    What was read is to be read again with the request's session where the change depends on it.
    """
    if waits_for_writers(request):
        with request.registry["dbsession_factory"]() as session:
            yield session
    else:
        yield request.dbsession


def includeme(config: Any) -> None:
    settings = config.get_settings()
    config.include("pyramid_tm")
    config.include("pyramid_retry")
    engine = settings.get("eoscperf.engine") or make_engine(
        settings["sqlalchemy.url"], **settings["sqlalchemy.options"]
    )
    config.registry["dbengine"] = engine
    config.registry["dbsession_factory"] = orm.sessionmaker(bind=engine)
    config.add_request_method(_dbsession, "dbsession", reify=True)
