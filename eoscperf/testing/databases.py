"""Pytest fixtures that run a test on both databases: SQLite and a real PostgreSQL.

| fixture | for | what it gives |
|---|---|---|
| `session` | services | a session in a transaction that is rolled back after the test |
| `connection` | the same without the ORM | the connection under that transaction |
| `engine` | reading; tests that clean up after themselves | the migrated database of this worker |
| `database_url` | the same | its URL |
| `fresh_database_url` | whole applications, real commits | a migrated, empty database for this test alone |
| `empty_database_url` | migrations | a database without any table for this test alone |
| `database_kind` | what differs on purpose | "sqlite" or "postgresql" |

Each test that asks for one of them runs twice. PostgreSQL comes from the server named in the environment
as EOSCPERF_TEST_POSTGRESQL (an URL with which databases may be created), else from a wheel. Each worker of
a run has a server of its own from the wheel, gone when the run ends: transactions are numbered per server, so
that on a shared one the work of other tests would look like changes (`eoscperf.db_state`). On a named
server run the tests in one process (`pytest -n 0`).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf import extend
from eoscperf.db import make_engine
from eoscperf.scripts.migrations import Migrations
from eoscperf.testing import postgresql

KINDS = ("sqlite", "postgresql")

_DIRECTORY = "EOSCPERF_TEST_DIRECTORY"
_OWNER = "EOSCPERF_TEST_OWNER"


class TestDatabases:
    """Creates, clones and drops databases for one test process."""

    __test__ = False

    def __init__(self, directory: Path, owner: int, server: str | None = None):
        self.directory = directory
        self.owner = owner
        self._given_server = server
        self._admin: sa.Engine | None = None
        self._worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        self._main: dict[str, sa.Engine] = {}

    def main(self, kind: str) -> sa.Engine:
        """The engine of this process's own migrated database of that kind, made once."""
        if kind not in self._main:
            self._main[kind] = make_engine(self.create(kind, migrated=True))
        return self._main[kind]

    def create(self, kind: str, *, migrated: bool) -> str:
        """The URL of a new database: with the current schema, or without any table."""
        template = self._template(kind) if migrated else None
        name = uuid.uuid4().hex
        if kind == "sqlite":
            path = self.directory / f"{name}.sqlite"
            if template:
                shutil.copyfile(template, path)
            return f"sqlite:///{path}"
        name = f"{self._prefix}_{name}"
        self._administer(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        return self._server_url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Remove a database made by `create`, whoever is still connected."""
        parsed = sa.make_url(url)
        assert parsed.database is not None
        if parsed.get_backend_name() == "sqlite":
            for suffix in ("", "-wal", "-shm"):
                Path(parsed.database + suffix).unlink(missing_ok=True)
        else:
            self._administer(f'DROP DATABASE IF EXISTS "{parsed.database}" WITH (FORCE)')

    def close(self) -> None:
        """Close this process's connections."""
        for engine in self._main.values():
            engine.dispose()
        if self._admin:
            self._admin.dispose()

    def finish(self) -> None:
        """What is left of the run on a given server; called once, when all processes are done."""
        # Only a run that used PostgreSQL has left anything there.
        if self._given_server and (self.directory / "used").exists():
            with self._server.connect() as connection:
                names = connection.scalars(
                    sa.text("SELECT datname FROM pg_database WHERE datname LIKE :prefix"),
                    {"prefix": self._prefix.replace("_", r"\_") + "%"},
                ).all()
            for name in names:
                self._administer(f'DROP DATABASE "{name}" WITH (FORCE)')
        self.close()

    @property
    def _prefix(self) -> str:
        return self.directory.name.replace("-", "_").lower()

    @property
    def _server(self) -> sa.Engine:
        if self._admin is None:
            url = self._given_server
            if url is None:
                with self._locked(f"postgresql{self._worker}"):
                    url = postgresql.start(_cluster(self.directory, self._worker), self.owner)
            (self.directory / "used").touch()
            self._admin = make_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        return self._admin

    @property
    def _server_url(self) -> sa.URL:
        return self._server.url

    def _administer(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.exec_driver_sql(statement)

    def _template(self, kind: str) -> str:
        """The database others are cloned from (file or name), built by the first process that asks."""
        # Files can be shared, databases are those of a worker's own server.
        own = kind if kind == "sqlite" or self._given_server else f"{kind}{self._worker}"
        done = self.directory / f"template-{own}"
        with self._locked(f"template-{own}"):
            if not done.exists():
                url = self.create(kind, migrated=False)
                build_schema(url)
                done.write_text(sa.make_url(url).database or "")
        return done.read_text()

    @contextlib.contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        with (self.directory / f"{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def build_schema(url: str) -> None:
    """The schema of the platform and of every installed plug-in, in an empty database."""
    engine = make_engine(url, poolclass=sa.NullPool)
    Migrations(engine, extend.installed()).upgrade()
    engine.dispose()


def pytest_configure(config: pytest.Config) -> None:
    """The first process of a run owns its directory and, through it, everything started on the way."""
    if hasattr(config, "workerinput"):
        return
    directory = Path(tempfile.mkdtemp(prefix="eoscperf-test-"))
    # Others may pass, to the sockets of a server under another account, but not look around.
    directory.chmod(0o711)
    config.stash[_owned] = directory
    os.environ[_DIRECTORY], os.environ[_OWNER] = str(directory), str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    directory = config.stash.get(_owned, None)
    if directory is None:
        return
    _of_environment().finish()
    for cluster in directory.glob("postgresql*/supervisor.pid"):
        postgresql.stop(cluster.parent)
    shutil.rmtree(directory)


_owned = pytest.StashKey[Path]()


def _cluster(directory: Path, worker: str) -> Path:
    """The folder of a worker's own server."""
    folder = directory / f"postgresql{worker}"
    folder.mkdir(exist_ok=True)
    return folder


def _of_environment() -> TestDatabases:
    return TestDatabases(
        Path(os.environ[_DIRECTORY]),
        int(os.environ[_OWNER]),
        os.environ.get("EOSCPERF_TEST_POSTGRESQL") or None,
    )


@pytest.fixture(scope="session")
def databases() -> Iterator[TestDatabases]:
    databases = _of_environment()
    yield databases
    databases.close()


@pytest.fixture(scope="session", params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def engine(databases: TestDatabases, database_kind: str) -> sa.Engine:
    return databases.main(database_kind)


@pytest.fixture(scope="session")
def database_url(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@pytest.fixture
def session(connection: sa.Connection) -> Iterator[orm.Session]:
    with orm.Session(connection, join_transaction_mode="create_savepoint") as session:
        yield session


@pytest.fixture
def fresh_database_url(databases: TestDatabases, database_kind: str) -> Iterator[str]:
    url = databases.create(database_kind, migrated=True)
    yield url
    databases.drop(url)


@pytest.fixture
def empty_database_url(databases: TestDatabases, database_kind: str) -> Iterator[str]:
    url = databases.create(database_kind, migrated=False)
    yield url
    databases.drop(url)
