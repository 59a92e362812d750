from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eoscperf.testing.databases import TestDatabases
from tests.unit.archive.content import PLUGINS, Installation, fill


@pytest.fixture
def install(databases: TestDatabases, tmp_path: Path) -> Iterator[Callable[..., Installation]]:
    """Makes an installation on an empty database of that kind."""
    made: list[Installation] = []

    def install(kind: str, plugins: str = PLUGINS) -> Installation:
        url = databases.create(kind, migrated=True)
        made.append(Installation(tmp_path / f"{len(made)}.ini", url, plugins))
        return made[-1]

    yield install
    for installation in made:
        installation.engine.dispose()
        databases.drop(installation.url)


@pytest.fixture
def installation(install: Callable[..., Installation], database_kind: str) -> Installation:
    return install(database_kind)


@pytest.fixture
def filled(installation: Installation) -> Installation:
    fill(installation.engine)
    return installation


@pytest.fixture
def archive(filled: Installation, tmp_path: Path) -> Path:
    """An archive of `filled`."""
    path = tmp_path / "all.zip"
    done = filled.admin("export", path)
    assert done.exit_code == 0, done.output
    return path
