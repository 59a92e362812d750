"""`eoscperf-admin results reindex`, beside whatever else goes on."""

from __future__ import annotations

import threading
import uuid
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from eoscperf import jsontext
from eoscperf.db import make_engine
from eoscperf.results import reindexing
from eoscperf.results.projection import service as projection
from eoscperf.results.projection.models import ResultField, ResultValue
from eoscperf.results.reindexing import Reindexing, rebuild_benchmark
from eoscperf.results.tallies.models import ResultTally
from eoscperf.scripts.admin import main
from eoscperf.testing.consistency import check_derived

SCHEMA = {"properties": {"time": {"type": "number"}, "cpu": {"properties": {"model": {"type": "string"}}}}}
WHEN = "2024-06-01T08:00:00Z"


def documents(number):
    return [{"time": each / 4, "cpu": {"model": f"cpu {each % 3}"}} for each in range(number)]


def forget(session):
    """Everything as after an upgrade from a version that kept none of it."""
    for model in (ResultField, ResultValue, ResultTally):
        session.execute(sa.delete(model))
    session.commit()


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    """Few results are many."""
    monkeypatch.setattr(projection, "AT_ONCE", 4)
    monkeypatch.setattr(reindexing, "AT_ONCE", 3)


@pytest.fixture
def make(live_api):
    yield live_api.make
    live_api.make.session.rollback()


@pytest.fixture
def world(make):
    """Two benchmarks, one with more results than are written at once."""
    flavor, tag = make.flavor(), make.tag()
    large, small = make.benchmark(json_schema=SCHEMA), make.benchmark(json_schema=SCHEMA)
    for benchmark, number in ((large, 20), (small, 2)):
        for document in documents(number):
            make.result(benchmark=benchmark, flavor=flavor, json=document, tags=[tag])
    for hidden in ({"withdrawn": True}, {"removed": True}):
        make.result(benchmark=large, flavor=flavor, json={"time": 1}, tags=[tag], **hidden)
    return large, small, flavor


@pytest.fixture
def engine(fresh_database_url):
    engine = make_engine(fresh_database_url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def command(fresh_database_url, tmp_path):
    ini = tmp_path / "server.ini"
    url = fresh_database_url.replace("%", "%%")
    ini.write_text(f"[app:main]\nuse = egg:eoscperf\nsqlalchemy.url = {url}\nvar = {tmp_path}\n")
    return lambda *words: CliRunner().invoke(main, ["-c", str(ini), "results", "reindex", *words])


def fields(session, benchmark):
    """Readiness by path."""
    session.rollback()
    of_benchmark = sa.select(ResultField.path, ResultField.ready).where(
        ResultField.benchmark_id == benchmark.id
    )
    return dict(session.execute(of_benchmark).all())


def values(session):
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(ResultValue))


def test_everything_is_there_after_an_upgrade_and_a_reindexing(command, make, world):
    forget(make.session)
    answer = command()
    assert (answer.exit_code, answer.output) == (0, "Reindexed 2 benchmarks.\n")
    large, small, _ = world
    assert fields(make.session, large) == fields(make.session, small) == {"time": True, "cpu.model": True}
    check_derived(make.session)


def test_only_the_named_benchmarks_are_done(command, make, world):
    large, small, _ = world
    forget(make.session)
    name = large.name
    assert command("--benchmark", name).exit_code == 0
    assert fields(make.session, large) == {"time": True, "cpu.model": True}
    assert fields(make.session, small) == {}


def test_an_unknown_benchmark_is_said_to_be_unknown(command, world):
    answer = command("--benchmark", "no/such:1")
    assert answer.exit_code == 2
    assert "There is no benchmark no/such:1." in answer.output


def test_without_tables_it_says_what_to_do(tmp_path):
    ini = tmp_path / "server.ini"
    ini.write_text(
        f"[app:main]\nuse = egg:eoscperf\nsqlalchemy.url = sqlite:///{tmp_path}/x\nvar = {tmp_path}\n"
    )
    answer = CliRunner().invoke(main, ["-c", str(ini), "results", "reindex"])
    assert answer.exit_code == 2
    assert "db upgrade" in answer.output


def test_a_run_that_was_ended_is_continued(engine, make, world):
    large, small, _ = world
    ids = [large.id, small.id]
    forget(make.session)

    class Killed(Exception):
        pass

    seen = []

    def end(number):
        seen.append(number)
        if len(seen) == 3:
            raise Killed

    run = Reindexing(engine, ids)
    run.declare()
    with pytest.raises(Killed):
        run.run(end)
    assert fields(make.session, large) == {"time": False, "cpu.model": False}
    before = values(make.session)
    written = []
    original = reindexing.Projection.add

    def add(self, results, *rest, **options):
        results = list(results)
        written.extend(results)
        return original(self, results, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reindexing.Projection, "add", add)
        again = Reindexing(engine, ids)
        again.declare()
        assert values(make.session) == before
        again.run()
    assert len(written) == 22 - 9
    make.session.rollback()
    check_derived(make.session)


def test_anew_mends_what_is_wrong(command, make, world):
    session = make.session
    session.execute(sa.update(ResultValue).values(number=7, kind=0))
    session.execute(sa.update(ResultTally).values(number=ResultTally.number + 1))
    session.commit()
    with pytest.raises(AssertionError):
        check_derived(session)
    assert command("--anew").exit_code == 0
    session.rollback()
    check_derived(session)


def test_tallies_alone_are_mended_by_any_reindexing(command, make, world):
    session = make.session
    session.execute(sa.update(ResultTally).values(number=ResultTally.number + 1))
    session.commit()
    assert command().exit_code == 0
    session.rollback()
    check_derived(session)


def test_a_new_place_in_a_large_benchmark_is_ready_after_a_reindexing(command, live_api, make, world):
    large, small, _ = world
    wider = {"properties": SCHEMA["properties"] | {"number": {"type": "integer"}}}
    for benchmark in (large, small):
        body = {"docker_image": benchmark.docker_image, "docker_tag": "1.0", "json_schema": wider}
        live_api.put(f"/benchmarks/{benchmark.id}", body, as_="admin", status=204)
    assert fields(make.session, large) == {"time": True, "cpu.model": True, "number": False}
    assert fields(make.session, small) == {"time": True, "cpu.model": True, "number": True}
    check_derived(make.session)
    assert command().exit_code == 0
    assert fields(make.session, large)["number"]
    check_derived(make.session)


def test_everything_goes_on_meanwhile(engine, live_api, make, world):
    """Between any two steps something else happens to the results, the benchmarks and their schemas."""
    large, small, flavor = world
    session = make.session
    forget(session)
    user, admin, ann = live_api.token("somebody"), live_api.token("admin"), live_api.token("ann")
    ids = [str(each) for each in session.scalars(sa.text("SELECT id FROM results ORDER BY id"))]
    ids = [str(uuid.UUID(each)) for each in ids]
    name = {"docker_image": large.docker_image, "docker_tag": "1.0"}
    path, flavor_id, benchmark_id = f"/benchmarks/{large.id}", str(flavor.id), str(large.id)
    benchmark_ids = [large.id, small.id]
    session.rollback()
    steps = []

    def upload():
        query = {"execution_datetime": WHEN, "benchmark_id": benchmark_id, "flavor_id": flavor_id}
        live_api.post("/results", {"time": 1000 + len(steps)}, params=query, token=user, status=201)

    def claim():
        body = {"message": "It looks wrong."}
        live_api.post(f"/results/{ids[len(steps)]}:claim", body, token=ann, status="*")

    def change_schema():
        more = {f"x{len(steps)}": {"type": "number"}} | SCHEMA["properties"]
        body = name | {"json_schema": {"properties": more}}
        live_api.put(path, body, token=admin, status=204)

    def remove():
        live_api.delete(f"/results/{ids[-len(steps)]}", token=admin, status="*")

    def away():
        live_api.delete(path, token=admin, status=204)
        live_api.post(f"{path}:restore", {}, token=admin, status=204)

    happen = [upload, claim, remove, change_schema, upload, away, claim]

    def meanwhile(_number):
        steps.append(None)
        if len(steps) <= 2 * len(happen):
            happen[len(steps) % len(happen)]()

    run = Reindexing(engine, benchmark_ids)
    run.declare()
    run.run(meanwhile)
    assert len(steps) > len(happen)
    assert set(fields(session, large).values()) == {True}
    check_derived(session)


def test_uploads_at_the_same_time_are_all_counted(engine, live_api, make, world):
    large, small, flavor = world
    forget(make.session)
    token, benchmark_ids = live_api.token("somebody"), [large.id, small.id]
    query = {"execution_datetime": WHEN, "benchmark_id": str(large.id), "flavor_id": str(flavor.id)}
    make.session.rollback()
    run, answers = Reindexing(engine, benchmark_ids), []
    run.declare()
    done = threading.Event()

    def upload(first):
        number = first
        while not done.is_set() or number < first + 5:
            number += 1
            body = {"time": number, "cpu": {"model": "cpu 0"}}
            answers.append(live_api.post("/results", body, params=query, token=token, status="*").status_int)

    threads = [threading.Thread(target=upload, args=(first,)) for first in (10_000, 20_000)]
    for thread in threads:
        thread.start()
    try:
        run.run()
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert set(answers) == {201}
    make.session.rollback()
    check_derived(make.session)


def test_results_stored_behind_its_back_are_taken_in_by_a_rebuilding(make, world):
    large, _, _ = world
    session = make.session
    template = session.execute(sa.text("SELECT * FROM results")).mappings().first()
    rows = [
        dict(template)
        | {
            "id": uuid.uuid4().hex if session.bind.dialect.name == "sqlite" else uuid.uuid4(),
            "json": jsontext.dumps({"time": number, "more": {}}),
            "duplicate_key": None,
            "status": "visible",
            "withdrawn_datetime": None,
            "removed_entry_id": None,
        }
        for number in range(10)
    ]
    columns = ", ".join(template)
    session.execute(
        sa.text(f"INSERT INTO results ({columns}) VALUES ({', '.join(':' + key for key in template)})"), rows
    )
    seen = []
    rebuild_benchmark(session, large.id, seen.append)
    for benchmark_id in session.scalars(sa.text("SELECT DISTINCT benchmark_id FROM results")).all():
        rebuild_benchmark(session, uuid.UUID(str(benchmark_id)))
    session.commit()
    assert sum(seen) >= 22
    check_derived(session)


def test_results_of_a_new_benchmark_are_written_without_looking_for_what_is_there(make, world):
    large, _, _ = world
    forget(make.session)
    with statements(make.session) as said:
        rebuild_benchmark(make.session, large.id)
    make.session.commit()
    about_values = [each for each in said if "result_values" in each]
    assert sum(each.startswith("INSERT") for each in about_values) == 8
    assert not [each for each in about_values if "result_values.result_id IN" in each]
    assert fields(make.session, large) == {"time": True, "cpu.model": True}


def test_a_rebuilding_after_new_fields_came_writes_what_is_missing_of_them(make, world):
    large, small, _ = world
    forget(make.session)
    projection.Projection(make.session).declare(large.id, jsontext.dumps(SCHEMA))
    make.session.commit()
    for _ in range(2):
        for benchmark in (large, small):
            rebuild_benchmark(make.session, benchmark.id)
        make.session.commit()
    check_derived(make.session)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("how", ["reindexing", "rebuilding"])
def test_the_database_hears_how_many_values_there_are_while_they_are_written(engine, make, world, how):
    large, _, _ = world
    forget(make.session)
    # Of those that somebody asked for; the server does it by itself as well, later.
    times = sa.text("SELECT analyze_count FROM pg_stat_user_tables WHERE relname = 'result_values'")
    before = make.session.scalar(times)
    projection.Projection(make.session).declare(large.id, jsontext.dumps(SCHEMA))
    make.session.commit()
    if how == "reindexing":
        Reindexing(engine, [large.id]).run()
    else:
        rebuild_benchmark(make.session, large.id)
        make.session.commit()
    assert make.session.scalar(times) > before


@contextmanager
def statements(session):
    """The statements that the session sends meanwhile."""
    said = []

    def note(connection, cursor, statement, *_):
        said.append(" ".join(statement.split()))

    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
