"""Rankings from what is kept say the same as rankings from all results, whatever has happened."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from eoscperf.comparison.keeping import Memory
from eoscperf.comparison.models import CellInputs, CellSummary
from eoscperf.comparison.summarising import summarise
from eoscperf.db import make_engine
from eoscperf.results.reindexing import rebuild_benchmark
from tests.functional import test_derived

TIME = {
    "type": "number",
    "x-unit": "s",
    "x-better": "lower",
    "x-headline": 1,
    "x-samples": "all",
}
SIZE = {"x-parameter": "input"}
SCHEMAS = [
    {"type": "object", "properties": {"time": TIME, "all": {}, "size": {"type": "integer", **SIZE}}},
    {"type": "object", "properties": {"time": TIME | {"x-aggregate": "min"}, "all": {}, "size": SIZE}},
    {"type": "object", "properties": {"time": TIME | {"type": ["number", "null"]}, "all": {}}},
]

EVERYTHING = {"execution_after": "1900-01-01T00:00:00Z"}
"""Asks for nothing less, but for single results, of which nothing is kept."""


class Walk(test_derived.Walk):
    """The same world, with what matters to rankings."""

    WEIGHTS = test_derived.Walk.WEIGHTS | {
        "upload": 20,
        "batch": 8,
        "tag": 1,
        "supersede": 6,
        "edit_metrics": 4,
        "remove_uploader": 2,
        "rebuild": 2,
        "hide": 2,
    }

    def __init__(self, api, make, seed):
        super().__init__(api, make, seed)
        self.removed = 0

    def document(self):
        self.uploads += 1
        # With ties, and now and then a value that is no number.
        time = self.dice.choice([None, "long", *(float(self.dice.randrange(20, 40)) for _ in range(20))])
        samples = {"all": [time, time + self.dice.random()]} if isinstance(time, float) else {}
        return {"number": self.uploads, "time": time, "size": self.dice.choice([4, 4, 4, 8])} | samples

    def _fields(self):
        moment = f"2024-06-{self.dice.randrange(1, 29):02}T08:00:00Z"
        return super()._fields() | {"execution_datetime": moment, "tags_ids": []}

    def upload(self):
        self.owner = self.api.token(self.dice.choice(["owner", f"bob {self.removed}", "eve"]))
        return super().upload()

    def supersede(self):
        fields = self._fields() | {"supersedes": self._result()}
        return self.api.post("/results", self.document(), params=fields, token=self.owner, status="*")

    def edit_metrics(self):
        benchmark = self.dice.choice(self.benchmarks)
        change = {"path": "time"} | self.dice.choice(
            [{"better": "higher"}, {"noise": 0.1}, {"aggregate": "max"}, {"aggregate": None}, {"label": "T"}]
        )
        body = {"metrics": [change]}
        return self.api.put(f"/benchmarks/{benchmark.id}/metrics", body, token=self.admin, status="*")

    def remove_uploader(self):
        self.removed += 1
        self.owner = self.api.token("owner")
        params = {"sub": f"bob {self.removed - 1}"}
        return self.api.post("/users:remove", {}, params=params, token=self.admin, status="*")

    def rebuild(self):
        session = self.api.make.session
        for benchmark in self.benchmarks:
            rebuild_benchmark(session, benchmark.id)
        session.commit()
        return self.api.get("/benchmarks")

    def hide(self):
        """A flavor goes back under review, by undoing its approval, with its results."""
        return self.undo()


def board(api, benchmark, **query):
    return api.get(f"/benchmarks/{benchmark.id}/leaderboard", query, status="*")


def test_rankings_follow_whatever_happens(api, make, session, set_setting, monkeypatch):
    set_setting("rates.claims", 1000)
    monkeypatch.setattr(test_derived, "SCHEMAS", SCHEMAS)
    monkeypatch.setattr("eoscperf.results.tallies.folding.STEP", 64)
    monkeypatch.setattr("eoscperf.results.tallies.folding.FACTOR", 2)
    walk = Walk(api, make, 7)
    shown = 0
    for number in range(70):
        walk.step()
        benchmark = walk.benchmarks[number % 3]
        query = {"weight": "run"} if number % 5 == 4 else {}
        as_ = {"token": walk.admin} if number % 4 == 3 else {}
        path = f"/benchmarks/{benchmark.id}/leaderboard"
        kept = api.get(path, query, status="*", **as_)
        plain = api.get(path, query | EVERYTHING, status="*", **as_)
        assert kept.json == plain.json, walk.done[-5:]
        shown += len(kept.json.get("items", ()))
    worked = {name for name, status in walk.done if status < 300}
    assert len(worked) >= 12, sorted(worked)
    assert shown > 70
    assert session.scalar(sa.select(sa.func.count()).select_from(CellSummary))


@pytest.fixture
def statements(live_api):
    """The statements that the application sends about results themselves."""
    sent = []

    def before(conn, cursor, statement, *rest):
        if "row_number()" in statement:
            sent.append(statement)

    engine = live_api.app.app.registry["dbengine"]
    sa.event.listen(engine, "before_cursor_execute", before)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", before)


@pytest.fixture
def world(live_api):
    make = live_api.make
    benchmark = make.benchmark(json_schema=SCHEMAS[0])
    site = make.site(name="CESNET")
    flavors = [make.flavor(site=site, name=name) for name in ("a", "b", "c")]
    for flavor in flavors:
        for number in range(6):
            someone = make.user(f"{flavor.name} {number}")
            json = {"time": 20.0 + number, "size": 4, "all": [20.0, 21.0]}
            make.result(json=json, benchmark=benchmark, flavor=flavor, uploader=someone)
    token = live_api.token("ann")
    make.session.commit()
    return benchmark, flavors, token


def forget(api):
    """As in a process that has just begun."""
    api.app.app.registry["eoscperf.boards"] = Memory()


def test_a_change_makes_one_flavor_be_read_again(live_api, world, statements):
    benchmark, flavors, token = world
    first = board(live_api, benchmark).json
    assert len(statements) == 1
    forget(live_api)
    assert board(live_api, benchmark).json == first
    assert len(statements) == 1
    fields = {"benchmark_id": str(benchmark.id), "flavor_id": str(flavors[1].id)}
    fields["execution_datetime"] = "2024-06-01T08:00:00Z"
    live_api.post("/results", {"time": 3.0, "size": 4}, params=fields, token=token, status=201)
    statements.clear()
    second = board(live_api, benchmark).json
    (sent,) = statements
    assert {row["flavor"]: row["n"] for row in second["items"]} == {"a": 6, "b": 7, "c": 6}
    assert "flavor_id IN" in sent
    statements.clear()
    assert board(live_api, benchmark).json == second
    forget(live_api)
    assert board(live_api, benchmark).json == second
    assert statements == []
    assert board(live_api, benchmark, **EVERYTHING).json == second


def test_what_rankings_are_made_from_can_be_computed_before_anybody_asks(live_api, world, statements):
    benchmark, _, _ = world
    engine = live_api.app.app.registry["dbengine"]
    assert summarise(engine, [benchmark.id, uuid.uuid4()], lambda number: None) == 1
    assert len(statements) == 1
    assert summarise(engine, [benchmark.id], lambda number: None) == 1
    answer = board(live_api, benchmark).json
    assert len(statements) == 1
    assert answer == board(live_api, benchmark, **EVERYTHING).json
    with orm.Session(engine) as session, session.begin():
        session.execute(sa.update(CellInputs).values(definition=b"another"))
    summarise(engine, [benchmark.id], lambda number: None)
    with orm.Session(engine) as session:
        assert b"another" not in set(session.scalars(sa.select(CellInputs.definition)))


def test_what_was_read_before_a_change_never_replaces_what_was_read_after_it(live_api, world):
    benchmark, flavors, token = world
    board(live_api, benchmark)
    engine = live_api.app.app.registry["dbengine"]
    with orm.Session(engine) as session, session.begin():
        session.execute(sa.update(CellSummary).values(changes=CellSummary.changes + 100, older=7))
        session.execute(sa.update(CellInputs).values(changes=CellInputs.changes + 100))
    forget(live_api)
    assert board(live_api, benchmark).json["left_out"]["older"] == 21
    fields = {"benchmark_id": str(benchmark.id), "flavor_id": str(flavors[1].id)}
    fields["execution_datetime"] = "2024-06-01T08:00:00Z"
    live_api.post("/results", {"time": 3.0, "size": 4}, params=fields, token=token, status=201)
    forget(live_api)
    assert board(live_api, benchmark).json["left_out"]["older"] == 21
    with orm.Session(engine) as session:
        assert set(session.scalars(sa.select(CellSummary.older))) == {7}


def test_a_database_that_others_write_to_does_not_keep_anybody_waiting(live_api, world, database_kind):
    benchmark, _, _ = world
    engine = make_engine(live_api.app.app.registry["dbengine"].url)
    with engine.connect() as writer, writer.begin():
        if database_kind == "sqlite":
            writer.exec_driver_sql("ROLLBACK")
            writer.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            writer.exec_driver_sql("LOCK TABLE cell_inputs IN SHARE MODE")
        assert len(board(live_api, benchmark).json["items"]) == 3
        if database_kind == "sqlite":
            writer.exec_driver_sql("ROLLBACK")
            writer.exec_driver_sql("BEGIN")
    with orm.Session(engine) as session:
        assert session.scalars(sa.select(CellSummary.flavor_id)).all() == []
    engine.dispose()
    forget(live_api)
    assert len(board(live_api, benchmark).json["items"]) == 3
    assert board(live_api, benchmark, base=str(uuid.uuid4())).status_int == 422
