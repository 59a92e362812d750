"""A database of the earlier service, taking it over, and the API on what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy import orm

from eoscperf.db import make_engine
from eoscperf.earlier.source import opened
from eoscperf.earlier.taking import take_over as take_everything_over
from eoscperf.earlier.zones import LocalTimes
from eoscperf.scripts.admin import main
from eoscperf.testing.databases import TestDatabases
from eoscperf.testing.earlier import EarlierDatabase
from eoscperf.testing.issuer import TestIssuer
from eoscperf.users.models import User

Report = dict[str, Any]
TakeOver = Callable[..., Report]


@pytest.fixture
def empty_earlier(databases: TestDatabases) -> Iterator[EarlierDatabase]:
    """A PostgreSQL database without tables."""
    url = databases.create("postgresql", migrated=False)
    earlier = EarlierDatabase(url)
    yield earlier
    earlier.close()
    databases.drop(url)


@pytest.fixture
def earlier(empty_earlier: EarlierDatabase) -> EarlierDatabase:
    """One with the tables of the newest revision."""
    empty_earlier.create()
    return empty_earlier


def ids(report: Report, finding: str) -> list[str]:
    """What the report lists as that."""
    return [entry["id"] for entry in report["findings"].get(finding, {"entries": []})["entries"]]


class NobodyWatches:
    def stage(self, name: str, total: int) -> None:
        pass

    def advance(self, number: int) -> None:
        pass


@pytest.fixture
def take_over(empty_earlier: EarlierDatabase, connection: sa.Connection) -> TakeOver:
    """Takes everything over into the test's transaction, where the API finds it; gives the report."""

    def take_over(*, app_timezone: str = "UTC", db_timezone: str = "UTC") -> Report:
        joined = orm.Session(connection, join_transaction_mode="create_savepoint")
        with opened(empty_earlier.url) as source, joined as session:
            report = take_everything_over(
                source,
                session,
                dry_run=False,
                target_name="here",
                app_times=LocalTimes(app_timezone),
                db_times=LocalTimes(db_timezone),
                schema_seconds=2.0,
                progress=NobodyWatches(),
            )
            session.commit()
        return json.loads(orjson.dumps(report.as_json()))

    return take_over


@pytest.fixture
def person_of(issuer: TestIssuer, session: orm.Session) -> People:
    return People(issuer.url, session)


class People:
    """Accounts that were taken over: `person_of("ann")` is whom requests are made as."""

    def __init__(self, iss: str, session: orm.Session) -> None:
        self.iss = iss
        self._session = session

    def __call__(self, sub: str) -> User:
        return self._session.scalars(sa.select(User).where(User.sub == sub, User.iss == self.iss)).one()


# The command


INI = """
[app:main]
use = egg:eoscperf
sqlalchemy.url = {url}
var = {folder}/var
"""


class Command:
    """`eoscperf-admin import-earlier`, as it is typed."""

    def __init__(self, ini: Path, source: str) -> None:
        self.ini = ini
        self.source = source
        self.report = ini.parent / "report.json"

    def __call__(self, *words: str, source: str | None = None) -> Result:
        arguments = ["-c", str(self.ini), "import-earlier", "--source", source or self.source, *words]
        return CliRunner().invoke(main, arguments)

    def done(self, *words: str) -> Report:
        """The report of a run that has to succeed."""
        result = self(*words, "--report", str(self.report))
        assert result.exit_code == 0, (result.output, result.exception)
        return json.loads(self.report.read_text())

    def refused(self, *words: str, source: str | None = None) -> str:
        """What is said by a run that must not succeed."""
        result = self(*words, source=source)
        assert result.exit_code in (1, 2), (result.output, result.exception)
        assert "Traceback" not in result.output
        return result.output


@pytest.fixture
def write_ini(tmp_path: Path) -> Callable[[str], Path]:
    def write_ini(url: str) -> Path:
        path = tmp_path / "server.ini"
        path.write_text(INI.format(url=url.replace("%", "%%"), folder=tmp_path))
        return path

    return write_ini


@pytest.fixture
def command(
    write_ini: Callable[[str], Path], fresh_database_url: str, empty_earlier: EarlierDatabase
) -> Command:
    return Command(write_ini(fresh_database_url), empty_earlier.url)


@pytest.fixture
def target(fresh_database_url: str) -> Iterator[sa.Engine]:
    engine = make_engine(fresh_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def contents(target: sa.Engine) -> Callable[[], dict[str, Any]]:
    """All rows of every table of the target that has any."""

    def contents() -> dict[str, Any]:
        with target.connect() as connection:
            rows = {
                name: sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{name}"')))
                for name in sa.inspect(connection).get_table_names()
            }
        return {name: found for name, found in rows.items() if found}

    return contents
