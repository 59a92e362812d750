"""A database of the earlier service, the command that takes it over, and the API on what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy import orm

from eoscperf.db import make_engine
from eoscperf.scripts.admin import main
from eoscperf.testing.api import ApiClient
from eoscperf.testing.databases import TestDatabases
from eoscperf.testing.earlier import EarlierDatabase
from eoscperf.testing.factories import Make
from eoscperf.testing.issuer import TestIssuer
from eoscperf.users.models import User

INI = """
[app:main]
use = egg:eoscperf
sqlalchemy.url = {url}
var = {folder}/var
eoscperf.plugins = mail registry_check
mail.from = perf@example.org
"""


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


class Command:
    """`eoscperf-admin import-earlier`, as it is typed."""

    def __init__(self, ini: Path, source: str, report: Path) -> None:
        self.ini = ini
        self.source = source
        self.report = report

    def __call__(self, *words: str, source: str | None = None) -> Result:
        arguments = ["-c", str(self.ini), "import-earlier", "--source", source or self.source, *words]
        return CliRunner().invoke(main, arguments)

    def done(self, *words: str) -> dict[str, Any]:
        """The report of a run that has to succeed."""
        result = self(*words, "--report", str(self.report))
        assert result.exit_code == 0, (result.output, result.exception)
        return json.loads(self.report.read_text())

    def ids(self, report: dict[str, Any], finding: str) -> list[str]:
        return [entry["id"] for entry in report["findings"].get(finding, {"entries": []})["entries"]]


@pytest.fixture
def write_ini(tmp_path: Path) -> Callable[[str], Path]:
    def write_ini(url: str) -> Path:
        path = tmp_path / "server.ini"
        path.write_text(INI.format(url=url.replace("%", "%%"), folder=tmp_path))
        return path

    return write_ini


@pytest.fixture
def take_over(
    write_ini: Callable[[str], Path], fresh_database_url: str, empty_earlier: EarlierDatabase, tmp_path: Path
) -> Command:
    return Command(write_ini(fresh_database_url), empty_earlier.url, tmp_path / "report.json")


@pytest.fixture
def target(fresh_database_url: str) -> Iterator[sa.Engine]:
    engine = make_engine(fresh_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def stored(target: sa.Engine) -> Callable[[], dict[str, int]]:
    """The number of rows of every table that has any, but for the stamp of the catalogue."""

    def stored() -> dict[str, int]:
        with target.connect() as connection:
            names = sa.inspect(connection).get_table_names()
            counts = {
                name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name)))
                for name in names
                if name not in ("alembic_version", "catalogue_stamps")
            }
        return {name: number for name, number in counts.items() if number}

    return stored


@pytest.fixture
def after(make_app: Callable[..., Any], target: sa.Engine, issuer: TestIssuer) -> Iterator[ApiClient]:
    """The API on the target, for what was taken over before the first request."""
    app = make_app(target)
    with orm.Session(target) as session:
        yield ApiClient(app, issuer, Make(session, iss=issuer.url))
    app.registry["eoscperf.bearer"].close()


class People:
    """People of the earlier service who can ask the API: `person_of("ann")` gives whom requests are made as."""

    def __init__(self, iss: str, target: sa.Engine) -> None:
        self.iss = iss
        self._target = target

    def __call__(self, sub: str) -> User:
        with orm.Session(self._target) as session:
            user = session.scalars(sa.select(User).where(User.sub == sub, User.iss == self.iss)).one()
            session.expunge(user)
        return user


@pytest.fixture
def person_of(issuer: TestIssuer, target: sa.Engine) -> People:
    return People(issuer.url, target)
