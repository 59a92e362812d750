"""Fields and values on both databases."""

import uuid

import pytest
import sqlalchemy as sa

from eoscperf import jsontext
from eoscperf.results.projection import service
from eoscperf.results.projection.leaves import NUMBER, STRING
from eoscperf.results.projection.models import ResultField, ResultValue
from eoscperf.results.projection.service import Projection
from eoscperf.testing.consistency import check_derived
from eoscperf.testing.factories import Make

NUMBER_SCHEMA, TEXT_SCHEMA = {"type": "number"}, {"type": "string"}


def schema(**properties):
    return jsontext.dumps({"type": "object", "properties": properties})


@pytest.fixture
def make(session):
    return Make(session)


@pytest.fixture
def projection(session):
    return Projection(session)


@pytest.fixture
def benchmark(make):
    return make.benchmark(json_schema=jsontext.loads(schema(time=NUMBER_SCHEMA, model=TEXT_SCHEMA)))


@pytest.fixture
def declare(session, projection, benchmark):
    """Gives the benchmark another schema."""

    def declare(**properties):
        benchmark.json_schema = schema(**properties)
        session.flush()
        projection.declare(benchmark.id, benchmark.json_schema)
        session.commit()

    return declare


def fields(session, benchmark):
    found = session.scalars(
        sa.select(ResultField).where(ResultField.benchmark_id == benchmark.id).order_by(ResultField.id)
    )
    return {field.path: field for field in found}


def test_fields_follow_the_schema_and_keep_their_ids(session, benchmark, declare):
    before = {path: field.id for path, field in fields(session, benchmark).items()}
    assert before.keys() == {"time", "model"}
    declare(time=NUMBER_SCHEMA, power=NUMBER_SCHEMA)
    after = {path: field.id for path, field in fields(session, benchmark).items()}
    assert after.keys() == {"time", "power"}
    assert after["time"] == before["time"]


def test_rows_say_what_there_is_at_the_fields(session, projection, benchmark):
    ids = {path: field.id for path, field in fields(session, benchmark).items()}
    rows = projection.rows(benchmark.id, {"time": 3, "model": "EPYC", "other": 1})
    assert sorted(rows, key=lambda row: row["kind"]) == [
        {"field_id": ids["time"], "kind": NUMBER, "number": 3.0, "text": None},
        {"field_id": ids["model"], "kind": STRING, "number": None, "text": "EPYC"},
    ]
    assert projection.rows(uuid.uuid4(), {"time": 3}) == []


def test_values_come_back_as_they_were_whatever_characters_they_have(session, projection, benchmark):
    texts = ["", "NULL", 'say "so"', "a\\b", "{x},y", "tab\tline\n", "ü𝄞", "it's", "%s :x"]
    ids = [uuid.uuid4() for _ in texts]
    found = zip(ids, texts, strict=True)
    projection.add([(identifier, benchmark.id, {"model": text}) for identifier, text in found])
    stored = session.execute(sa.select(ResultValue.result_id, ResultValue.text)).all()
    assert {row[0]: row[1] for row in stored} == dict(zip(ids, texts, strict=True))


def test_results_of_several_benchmarks_are_added_at_once(session, projection, benchmark, make):
    other = make.benchmark(json_schema=jsontext.loads(schema(power=NUMBER_SCHEMA)))
    plain = make.benchmark()
    document = {"time": 1, "power": 2}
    found = projection.add([(uuid.uuid4(), each.id, document) for each in (benchmark, plain, other)])
    assert [[leaf[2] for leaf in leaves] for leaves in found] == [[1.0], [], [2.0]]


def test_values_of_a_new_field_are_there_at_once(session, benchmark, declare, make):
    for number in range(3):
        make.result(benchmark=benchmark, json={"time": number, "power": number * 2})
    declare(time=NUMBER_SCHEMA, model=TEXT_SCHEMA, power=NUMBER_SCHEMA)
    power = fields(session, benchmark)["power"]
    assert power.ready
    values = session.scalars(sa.select(ResultValue.number).where(ResultValue.field_id == power.id))
    assert sorted(values) == [0, 2, 4]
    check_derived(session)


def test_values_and_tallies_of_a_field_go_with_it(session, benchmark, declare, make):
    make.result(benchmark=benchmark, json={"time": 1, "model": "EPYC"})
    model = fields(session, benchmark)["model"].id
    declare(time=NUMBER_SCHEMA)
    assert session.scalar(sa.select(sa.func.count()).where(ResultValue.field_id == model)) == 0
    check_derived(session)


def test_the_id_of_a_field_that_is_gone_is_not_given_again(session, benchmark, declare, make):
    make.result(benchmark=benchmark, json={"time": 1, "model": "EPYC"})
    used = {field.id for field in fields(session, benchmark).values()}
    declare(power=NUMBER_SCHEMA)
    assert not used & {field.id for field in fields(session, benchmark).values()}


class TestALargeBenchmark:
    @pytest.fixture(autouse=True)
    def results(self, monkeypatch, benchmark, make):
        monkeypatch.setattr(service, "AT_ONCE", 2)
        for number in range(3):
            make.result(benchmark=benchmark, json={"time": number, "power": 1, "heat": 2})

    def test_gets_new_fields_that_are_not_ready(self, session, benchmark, declare, make):
        declare(time=NUMBER_SCHEMA, power=NUMBER_SCHEMA)
        found = fields(session, benchmark)
        assert {path: field.ready for path, field in found.items()} == {"time": True, "power": False}
        check_derived(session)

    def test_what_is_uploaded_later_has_values_at_them_already(self, session, benchmark, declare, make):
        declare(time=NUMBER_SCHEMA, power=NUMBER_SCHEMA)
        power = fields(session, benchmark)["power"].id
        make.result(benchmark=benchmark, json={"power": 7})
        values = sa.select(ResultValue.number).where(ResultValue.field_id == power)
        assert session.scalars(values).all() == [7]
        check_derived(session)

    def test_fields_that_are_not_ready_begin_again_with_those_that_join_them(
        self, session, benchmark, declare, make
    ):
        declare(time=NUMBER_SCHEMA, power=NUMBER_SCHEMA)
        power = fields(session, benchmark)["power"].id
        make.result(benchmark=benchmark, json={"power": 7})
        declare(time=NUMBER_SCHEMA, power=NUMBER_SCHEMA, heat=NUMBER_SCHEMA)
        found = fields(session, benchmark)
        assert {path: field.ready for path, field in found.items()} == {
            "time": True,
            "power": False,
            "heat": False,
        }
        assert found["power"].id != power
        assert session.scalar(sa.select(sa.func.count()).where(ResultValue.field_id == power)) == 0

    def test_fields_can_be_renewed(self, session, projection, benchmark):
        before = {field.id for field in fields(session, benchmark).values()}
        projection.renew(benchmark.id)
        session.expire_all()
        after = fields(session, benchmark)
        assert after.keys() == {"time", "model"}
        assert not before & {field.id for field in after.values()}
        assert not any(field.ready for field in after.values())


def test_a_field_becomes_irregular_once_and_stays_it(session, projection, benchmark):
    long = {"model": "x" * 300}
    projection.add([(uuid.uuid4(), benchmark.id, long)])
    projection.add([(uuid.uuid4(), benchmark.id, long), (uuid.uuid4(), benchmark.id, {"model": "fine"})])
    session.expire_all()
    found = fields(session, benchmark)
    assert {path: (field.irregular, field.countable) for path, field in found.items()} == {
        "time": (False, True),
        "model": (True, False),
    }
    assert session.scalars(sa.select(ResultValue.text)).all() == ["fine"]
