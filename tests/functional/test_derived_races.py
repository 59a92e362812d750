"""Tallies under uploads and decisions at the same moment, with real commits."""

from __future__ import annotations

import itertools
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.benchmarks.models import Benchmark
from eoscperf.db import make_engine
from eoscperf.results.tallies import folding
from eoscperf.results.tallies.locks import hold_still, note_change, recounting
from eoscperf.results.tallies.models import ALL, ResultTally
from eoscperf.results.tallies.service import Tallies
from eoscperf.testing.consistency import check_derived
from eoscperf.testing.factories import Make

SCHEMA = {"properties": {"time": {"type": "number"}, "model": {"type": "string"}}}
WHEN = "2024-06-01T08:00:00Z"


@pytest.fixture
def engine(fresh_database_url):
    engine = make_engine(fresh_database_url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


def total(session):
    session.rollback()
    return total_here(session)


def total_here(session):
    return session.scalar(sa.select(sa.func.sum(ResultTally.number)).where(ResultTally.facet == ALL)) or 0


def test_folding_amid_uploads_and_decisions_loses_nothing(live_api, engine, monkeypatch):
    monkeypatch.setattr(folding, "STEP", 16)
    monkeypatch.setattr(folding, "FACTOR", 2)
    make = live_api.make
    benchmark, flavor = make.benchmark(json_schema=SCHEMA), make.flavor()
    tag = make.tag()
    queries = {"execution_datetime": WHEN, "benchmark_id": str(benchmark.id), "flavor_id": str(flavor.id)}
    queries["tags_ids"] = str(tag.id)
    user, admin = live_api.token("user"), live_api.token("admin")
    make.session.rollback()
    done, seen, stored = threading.Event(), [], []

    def upload(first):
        for number in range(first, first + 15):
            body = {"time": number % 4, "model": f"cpu {number % 3}", "number": number}
            stored.append(live_api.post("/results", body, params=queries, token=user, status=201).json["id"])

    def decide():
        answers = 0
        while not done.is_set():
            if len(stored) > answers:
                live_api.delete(f"/results/{stored[answers]}", token=admin, status=204)
                live_api.post(f"/results/{stored[answers]}:restore", {}, token=admin, status=204)
                live_api.put(f"/results/{stored[answers]}/tags", {"tags_ids": []}, token=user, status=204)
                answers += 1

    def read():
        with orm.Session(engine) as session:
            while not done.is_set():
                seen.append(total(session))

    uploads = [threading.Thread(target=upload, args=(first,)) for first in (0, 100, 200)]
    others = [threading.Thread(target=decide), threading.Thread(target=read)]
    for thread in (*uploads, *others):
        thread.start()
    for thread in uploads:
        thread.join()
    done.set()
    for thread in others:
        thread.join()
    make.session.rollback()
    check_derived(make.session)
    assert total(make.session) == len(stored) == 45
    # One decision at a time is under way; rows that are being folded are neither missing nor doubled.
    assert all(later >= earlier - 1 for earlier, later in itertools.pairwise(seen))
    rows = make.session.scalar(sa.select(sa.func.count()).select_from(ResultTally))
    assert rows < 45 * 4


@pytest.fixture
def postgresql(databases):
    """The URL of a database whose writers need not wait for each other."""
    url = databases.create("postgresql", migrated=True)
    yield url
    databases.drop(url)


@pytest.fixture
def patient(postgresql):
    engine = make_engine(postgresql, poolclass=sa.NullPool)
    with orm.Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def impatient(postgresql):
    """A second session, for which waiting is an error."""
    engine = make_engine(postgresql, poolclass=sa.NullPool, connect_args={"options": "-c lock_timeout=200ms"})
    with orm.Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def stored(patient):
    """A benchmark and a flavor with six results."""
    make = Make(patient)
    benchmark, flavor = make.benchmark(json_schema=SCHEMA), make.flavor()
    ids = benchmark.id, flavor.id
    for number in range(6):
        make.result(benchmark=benchmark, flavor=flavor, json={"time": number % 2})
    patient.rollback()
    return ids


def test_folding_leaves_rows_to_those_who_fold_them_already(stored, patient, impatient):
    folding.fold_rows(patient, 0, 10**9, most=50)
    folding.fold_rows(impatient, 0, 10**9, most=50)
    impatient.commit()
    patient.commit()
    check_derived(patient)
    assert total(patient) == 6


def test_nobody_waits_for_who_folds(stored, patient, impatient):
    benchmark_id, flavor_id = stored
    assert folding.may_fold(patient)
    folding.fold_rows(patient, 0, 10**9, most=50)
    note_change(impatient)
    impatient.add(ResultTally(facet=ALL, benchmark_id=benchmark_id, flavor_id=flavor_id, key="", number=1))
    impatient.commit()
    patient.commit()
    assert total(patient) == 7


def test_during_a_recount_nothing_is_folded_and_decisions_wait(stored, patient, impatient):
    benchmark_id, _ = stored
    hold_still(patient, benchmark_id)
    Tallies(patient).recount(benchmark_id)
    assert not folding.may_fold(impatient)
    with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
        note_change(impatient)
    impatient.rollback()
    patient.rollback()
    note_change(impatient)


def test_a_recount_of_its_own_lets_uploads_go_on_and_counts_one_moment(stored, postgresql, impatient):
    benchmark_id, flavor_id = stored
    engine = make_engine(postgresql, poolclass=sa.NullPool)
    more = ResultTally(facet=ALL, benchmark_id=benchmark_id, flavor_id=flavor_id, key="", number=1)
    with recounting(engine) as session:
        assert not folding.may_fold(impatient)
        assert total_here(session) == 6
        impatient.execute(sa.select(Benchmark.id).with_for_update(read=True))
        impatient.add(more)
        impatient.commit()
        Tallies(session).recount(benchmark_id)
        assert total_here(session) == 6
    engine.dispose()
    assert total(impatient) == 7


def test_a_recount_waits_for_decisions_under_way(stored, patient, impatient):
    benchmark_id, _ = stored
    note_change(patient)
    with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
        hold_still(impatient, benchmark_id)
    impatient.rollback()
    patient.rollback()
    hold_still(impatient, benchmark_id)


def test_a_recount_waits_for_uploads_to_its_benchmark_under_way(stored, patient, impatient):
    benchmark_id, _ = stored
    patient.execute(sa.select(Benchmark.id).where(Benchmark.id == benchmark_id).with_for_update(read=True))
    with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
        hold_still(impatient, benchmark_id)
    impatient.rollback()
    patient.rollback()
    hold_still(impatient, benchmark_id)
