"""A tiny run from the generator to the report, with real servers on both databases."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks import measuring, report
from benchmarks.data.results import Generated
from benchmarks.databases.store import KINDS, Store, size_of
from eoscperf import extend
from eoscperf.db import make_engine
from eoscperf.results.models import Result
from eoscperf.results.projection.models import ResultValue
from eoscperf.results.tallies.models import ALL, ResultTally
from eoscperf.scripts.migrations import Migrations

SIZE = 1000
SOME = (
    "list",
    "filter and sort",
    "single",
    "statements",
    "cursor",
    "facets",
    "leaderboard",
    "pages",
    "export",
    "uploads",
    "memory",
)


def quiet(text):
    pass


@pytest.fixture(scope="module", params=KINDS)
def store(request):
    # Not pytest's own folder, which is closed to others: PostgreSQL runs as somebody else when we are root.
    with (
        tempfile.TemporaryDirectory(prefix="eoscperf-bench-") as name,
        Store(request.param, Path(name), quiet) as store,
    ):
        yield store


@pytest.fixture
def built(store):
    engine = make_engine(store.built(Generated(SIZE)), poolclass=sa.NullPool)
    yield engine
    engine.dispose()


def test_what_is_loaded_is_complete(built):
    visible = [row for piece in Generated(SIZE).all() for row in piece.results if row["status"] == "visible"]
    with built.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Result)) == SIZE
        tallied = sa.select(sa.func.sum(ResultTally.number)).where(ResultTally.facet == ALL)
        assert connection.scalar(tallied) == len(visible)
        assert connection.scalar(sa.select(sa.func.count()).select_from(ResultValue)) > 8 * SIZE


def test_loading_leaves_the_schema_as_it_was(built):
    assert Migrations(built, extend.installed()).drift() == []


def test_a_database_is_built_once(store, monkeypatch):
    address = store.built(Generated(SIZE))
    monkeypatch.setattr("benchmarks.databases.store.load", None)
    assert store.built(Generated(SIZE)) == address


def test_a_run_changes_only_its_clone(store, built):
    with store.clone(Generated(SIZE)) as url:
        engine = make_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.execute(sa.delete(ResultTally))
        engine.dispose()
    with built.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(ResultTally)) > 0


def test_a_tiny_run_measures_everything_without_an_error(store):
    plan = measuring.Plan(seconds=0.1, clients=2, only=frozenset(SOME), mixed=1.0)
    noted = []
    lines = measuring.measure(store, Generated(SIZE), plan, noted.append)
    assert noted == lines
    assert {"list", "upload", "batch", "export", "facets", "mixed", "memory"} <= {
        line["workload"] for line in lines
    }
    assert [line for line in lines if line.get("errors")] == []
    assert all(line["answers"] > 0 for line in lines if "answers" in line)
    assert "## Targets" in report.document(lines)


def test_sizes_are_read_as_people_write_them():
    assert [size_of(text) for text in ("10k", "1M", "5000")] == [10_000, 1_000_000, 5000]
