"""Uploads while others write: what they do before they wait, and what has changed when they go on."""

from __future__ import annotations

import contextlib
import json
import threading
import time

import pytest
import sqlalchemy as sa

from eoscperf.db import make_engine
from eoscperf.extend.directives import ResultCheck, result_checks
from eoscperf.results.models import Result

WHEN = "2024-06-01T08:00:00Z"
PATIENCE = 30
"""Seconds after which a test gives up."""

only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


@pytest.fixture
def checked(live_api, monkeypatch):
    """Is set as soon as the JSON of an upload has been checked; `checked.times` says how often."""
    done = threading.Event()
    done.times = 0
    checks = result_checks(live_api.app.app.registry)
    real = checks["json_schema"].function

    def check(submission, request):
        issues = list(real(submission, request))
        done.times += 1
        done.set()
        return issues

    monkeypatch.setitem(checks, "json_schema", ResultCheck("json_schema", check))
    return done


@pytest.fixture
def other(fresh_database_url):
    """A connection of somebody else."""
    engine = make_engine(fresh_database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def writing(connection):
    """The only writer of a SQLite database."""
    return connection.execution_options(sqlite_immediate=True)


class Upload(threading.Thread):
    """Uploads one result; `answer` is there after `join`."""

    def __init__(self, api, benchmark, flavor, *, batch=False):
        super().__init__()
        self._api, self._token, self._batch = api, api.token("user"), batch
        self._query = {
            "execution_datetime": WHEN,
            "benchmark_id": str(benchmark.id),
            "flavor_id": str(flavor.id),
        }
        api.make.session.rollback()

    def run(self):
        options = {"token": self._token, "status": "*"}
        if self._batch:
            self.answer = self._api.post("/results:batch", [{**self._query, "json": {"a": 1}}], **options)
        else:
            self.answer = self._api.post("/results", {"a": 1}, params=self._query, **options)


@pytest.mark.parametrize("batch", [False, True], ids=["one", "batch"])
class TestWithOneWriter:
    @only_sqlite
    def test_json_is_checked_before_waiting_for_another_writer(self, live_api, checked, other, batch):
        benchmark, flavor = live_api.make.benchmark(), live_api.make.flavor()
        upload = Upload(live_api, benchmark, flavor, batch=batch)
        with writing(other).begin():
            upload.start()
            assert checked.wait(PATIENCE)
            assert upload.is_alive()
        upload.join(PATIENCE)
        assert upload.answer.status_int == 201
        assert checked.times == 1

    @only_sqlite
    def test_a_schema_that_changed_meanwhile_is_the_one_that_counts(self, live_api, checked, other, batch):
        benchmark, flavor = live_api.make.benchmark(), live_api.make.flavor()
        upload = Upload(live_api, benchmark, flavor, batch=batch)
        with writing(other).begin():
            upload.start()
            assert checked.wait(PATIENCE)
            stricter = json.dumps({"type": "object", "required": ["b"]})
            other.execute(sa.text("UPDATE benchmarks SET json_schema = :schema"), {"schema": stricter})
        upload.join(PATIENCE)
        assert upload.answer.status_int == 422
        assert upload.answer.json["errors"][0]["keyword"] == "required"
        assert checked.times == 2

    @only_sqlite
    def test_what_was_deleted_meanwhile_is_unknown(self, live_api, checked, other, batch):
        benchmark, flavor = live_api.make.benchmark(), live_api.make.flavor()
        upload = Upload(live_api, benchmark, flavor, batch=batch)
        with writing(other).begin():
            upload.start()
            assert checked.wait(PATIENCE)
            other.execute(sa.text("UPDATE flavors SET status = 'deleted'"))
        upload.join(PATIENCE)
        assert upload.answer.status_int == 404

    @only_sqlite
    def test_the_same_result_stored_meanwhile_is_a_duplicate(self, live_api, batch):
        benchmark, flavor = live_api.make.benchmark(), live_api.make.flavor()
        uploads = [Upload(live_api, benchmark, flavor, batch=batch) for _ in range(4)]
        for upload in uploads:
            upload.start()
        for upload in uploads:
            upload.join(PATIENCE)
        assert sorted(upload.answer.status_int for upload in uploads) == [201, 409, 409, 409]
        assert live_api.make.session.query(Result).count() == 1


def test_refused_content_is_answered_without_waiting(live_api, checked, other):
    make = live_api.make
    benchmark, flavor = make.benchmark(json_schema={"required": ["b"]}), make.flavor()
    token = live_api.token("user")
    query = {"execution_datetime": WHEN, "benchmark_id": str(benchmark.id), "flavor_id": str(flavor.id)}
    make.session.rollback()
    with contextlib.ExitStack() as until_the_end:
        if other.dialect.name == "sqlite":
            until_the_end.enter_context(writing(other).begin())
        answer = live_api.post("/results:validate", {"a": 1}, params=query, token=token, status="*")
        assert answer.status_int == 422


@only_postgresql
@pytest.mark.parametrize(
    ("held", "taken", "free"),
    [
        ("sites", [], ["benchmarks", "flavors"]),
        ("benchmarks", ["sites"], ["flavors"]),
        ("flavors", ["sites", "benchmarks"], []),
    ],
)
def test_sites_are_locked_before_benchmarks_before_flavors(live_api, other, held, taken, free):
    benchmark, flavor = live_api.make.benchmark(), live_api.make.flavor()

    def is_free(table):
        with other.begin_nested() as attempt:
            try:
                other.execute(sa.text(f"SELECT 1 FROM {table} FOR UPDATE NOWAIT"))
            except sa.exc.OperationalError:
                attempt.rollback()
                return False
            attempt.rollback()
            return True

    upload = Upload(live_api, benchmark, flavor)
    with other.begin():
        other.execute(sa.text(f"SELECT 1 FROM {held} FOR UPDATE"))
        upload.start()
        deadline = time.monotonic() + PATIENCE
        waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not other.execute(waiting).scalar_one():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert [is_free(table) for table in taken] == [False] * len(taken)
        assert [is_free(table) for table in free] == [True] * len(free)
    upload.join(PATIENCE)
    assert upload.answer.status_int == 201


def test_an_upload_takes_few_statements(api, make, statements):
    benchmark, flavor, token = make.benchmark(), make.flavor(), api.token("user")
    query = {"execution_datetime": WHEN, "benchmark_id": str(benchmark.id), "flavor_id": str(flavor.id)}
    for number in range(2):
        statements.clear()
        api.post("/results", {"a": number}, params=query, token=token, status=201)
    assert len(statements) <= 7, statements
