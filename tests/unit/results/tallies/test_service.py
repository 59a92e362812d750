"""Counting on both databases."""

import datetime
import uuid

import pytest
import sqlalchemy as sa

from eoscperf import jsontext
from eoscperf.results.derived import results_created
from eoscperf.results.models import Result
from eoscperf.results.projection.models import ResultField
from eoscperf.results.tallies import folding
from eoscperf.results.tallies.models import ALL, FIELD, ResultTally
from eoscperf.results.tallies.service import MAX_DISTINCT, Tallies
from eoscperf.testing.consistency import check_derived
from eoscperf.testing.factories import Make

SCHEMA = {
    "properties": {"time": {"type": "number"}, "model": {"type": "string"}, "deep": {"properties": {"x": {}}}}
}
WHEN = datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC)


@pytest.fixture
def make(session):
    return Make(session)


@pytest.fixture
def benchmark(make):
    return make.benchmark(json_schema=SCHEMA)


@pytest.fixture
def flavor(make):
    return make.flavor()


@pytest.fixture
def store(make, session, benchmark, flavor):
    """Stores results with these documents as one upload does."""

    def store(*documents):
        made = [make.result(benchmark=benchmark, flavor=flavor, json={}) for _ in documents]
        for result, document in zip(made, documents, strict=True):
            result.json = jsontext.dumps(document)
        session.flush()
        # Stored once already, as results without any value.
        Tallies(session).moved_all(Result.id.in_([one.id for one in made]), sign=-1)
        results_created(
            session,
            [
                (one.id, one.benchmark_id, one.flavor_id, one.execution_datetime, document)
                for one, document in zip(made, documents, strict=True)
            ],
        )
        session.commit()
        return made

    return store


def field(session, path):
    return session.execute(sa.select(ResultField).where(ResultField.path == path)).scalar_one()


def keys(session, path):
    """The numbers by value."""
    prefix = f"{field(session, path).id}:"
    rows = session.execute(
        sa.select(ResultTally.key, sa.func.sum(ResultTally.number))
        .where(ResultTally.facet == FIELD, ResultTally.key.startswith(prefix, autoescape=True))
        .group_by(ResultTally.key)
    )
    return {key.removeprefix(prefix): number for key, number in rows if number}


def number_of_rows(session):
    return session.scalar(sa.select(sa.func.count()).select_from(ResultTally))


def test_equal_numbers_count_together(session, store):
    store({"time": 8}, {"time": 8.0}, {"time": 0}, {"time": -0.0}, {"time": 0.0})
    assert keys(session, "time") == {"8": 2, "0": 3}


def test_numbers_texts_and_booleans_do_not_count_together(session, store):
    store({"deep": {"x": 1}}, {"deep": {"x": True}}, {"deep": {"x": "1"}}, {"deep": {"x": "true"}})
    assert keys(session, "deep.x") == {"1": 1, "true": 1, '"1"': 1, '"true"': 1}


def test_null_arrays_and_objects_are_not_counted(session, store):
    store({"deep": {"x": None}}, {"deep": {"x": [1]}}, {"deep": {"x": {}}}, {"deep": {}})
    assert keys(session, "deep.x") == {}
    check_derived(session)


def test_an_upload_adds_one_row_for_all_that_is_the_same(session, store):
    before = number_of_rows(session)
    store(*[{"model": "EPYC"}] * 20)
    # All, the year and the value; the fixture has added rows to each of its own.
    rows = session.scalars(sa.select(ResultTally.number).where(ResultTally.facet == FIELD)).all()
    assert rows == [20]
    assert number_of_rows(session) > before


def test_a_field_with_many_values_is_counted_no_longer(session, store):
    store(*[{"time": number, "model": "EPYC"} for number in range(MAX_DISTINCT)])
    session.expire_all()
    assert field(session, "time").countable
    store(*[{"time": number, "model": "EPYC"} for number in range(MAX_DISTINCT + 1)])
    session.expire_all()
    assert not field(session, "time").countable
    assert field(session, "model").countable
    check_derived(session)


def test_a_field_with_a_long_text_is_counted_no_longer_but_searched(session, store):
    store({"model": "x" * 101})
    session.expire_all()
    assert not field(session, "model").countable
    assert not field(session, "model").irregular
    check_derived(session)


@pytest.mark.parametrize("value", ["x" * 257, 10**400])
def test_a_field_with_a_value_that_fits_no_row_is_irregular(session, store, value):
    (result,) = store({"deep": {"x": 2}})
    results_created_again(session, result, {"deep": {"x": value}})
    session.expire_all()
    assert field(session, "deep.x").irregular
    assert not field(session, "deep.x").countable


def results_created_again(session, result, document):
    identifier = uuid.uuid4()
    results_created(
        session, [(identifier, result.benchmark_id, result.flavor_id, result.execution_datetime, document)]
    )


def test_folding_leaves_the_sums_and_one_row_for_each(session, store, benchmark):
    for _ in range(5):
        store({"model": "EPYC", "time": 1}, {"model": "Xeon"})
    before = number_of_rows(session)
    last = session.scalar(sa.select(sa.func.max(ResultTally.id)))
    folding.fold_rows(session, 0, last, most=MAX_DISTINCT)
    places = sa.select(ResultTally.facet, ResultTally.benchmark_id, ResultTally.flavor_id, ResultTally.key)
    rows = session.execute(places).all()
    assert len(rows) == len(set(rows)) < before
    assert keys(session, "model") == {'"EPYC"': 5, '"Xeon"': 5}
    check_derived(session)


def test_folding_leaves_rows_alone_that_are_about_something_of_their_own(session, store):
    store({"model": "EPYC", "time": 1}, {"model": "Xeon", "time": 2})
    last = session.scalar(sa.select(sa.func.max(ResultTally.id)))
    folding.fold_rows(session, 0, last, most=MAX_DISTINCT)
    rows = sa.select(ResultTally.id, ResultTally.key, ResultTally.number).order_by(ResultTally.id)
    before = session.execute(rows).all()
    folding.fold_rows(session, 0, last, most=MAX_DISTINCT)
    assert session.execute(rows).all() == before


def test_folding_drops_what_adds_up_to_nothing_but_how_often_a_cell_changed(session, make, benchmark):
    make.result(benchmark=benchmark, json={"model": "EPYC"}, withdrawn=True)
    columns = (ResultTally.facet, ResultTally.number, ResultTally.changes)
    changes = sa.select(sa.func.sum(ResultTally.changes)).where(ResultTally.facet == ALL)
    before = session.scalar(changes)
    assert before > 1
    assert number_of_rows(session) > 1
    folding.fold_rows(session, 0, 10**9, most=MAX_DISTINCT)
    assert session.execute(sa.select(*columns)).all() == [(ALL, 0, before)]
    Tallies(session).recount(benchmark.id)
    assert session.scalar(changes) == before + 1


def test_folding_notices_many_values_that_came_one_by_one(session, store):
    for number in range(6):
        store({"time": number})
    folding.fold_rows(session, 0, 10**9, most=5)
    session.expire_all()
    assert not field(session, "time").countable
    folding.fold_rows(session, 0, 10**9, most=5)
    assert keys(session, "time") == {}


@pytest.mark.parametrize("start", range(8))
def test_folding_happens_by_itself_so_that_rows_do_not_pile_up(session, store, monkeypatch, start):
    # Each round writes eight rows, so that every other one writes the row that is a multiple: which of the
    # changes of a round that is depends on where ids begin.
    begin_at(session, 8000 + start)
    monkeypatch.setattr(folding, "STEP", 16)
    for _ in range(10):
        store({"model": "EPYC", "time": 1})
    assert number_of_rows(session) < 50
    check_derived(session)


def begin_at(session, number):
    """Lets the next tally have this id."""
    if session.get_bind().dialect.name == "sqlite":
        row = {"facet": ALL, "benchmark_id": uuid.uuid4(), "flavor_id": uuid.uuid4(), "number": 0}
        session.execute(sa.insert(ResultTally).values(id=number - 1, **row))
    else:
        session.execute(sa.select(sa.func.setval("result_tallies_id_seq", number, False)))


@pytest.mark.parametrize(
    ("first", "last", "window"),
    [
        (1, 2047, None),
        (2040, 2048, (0, 2048)),
        (2048, 2050, (0, 2050)),
        (2049, 4095, None),
        (4000, 4100, (2048, 4100)),
        (16380, 16390, (0, 16390)),
        (8 * 16384, 8 * 16384, (0, 8 * 16384)),
        (9 * 16384 - 5, 9 * 16384 + 5, (8 * 16384, 9 * 16384 + 5)),
        (16000, 22000, (0, 22000)),
        (0, 0, None),
    ],
)
def test_folding_is_due_at_multiples_and_reaches_further_back_the_rounder_they_are(first, last, window):
    assert folding.due(first, last) == window


@pytest.mark.parametrize(("first", "last"), [(1, 10_000), (17_000, 24_000), (2049, 4096)])
def test_rows_that_were_written_together_are_not_folded_by_themselves(first, last):
    assert folding.due(first, last) is None


def test_a_recount_sets_everything_right(session, store, benchmark, make):
    store({"model": "EPYC"}, {"model": "Xeon", "time": 3})
    make.result(benchmark=benchmark, json={"model": "M1"}, tags=[make.tag()])
    session.execute(sa.update(ResultTally).values(number=ResultTally.number * 3))
    session.add(ResultTally(facet=ALL, benchmark_id=benchmark.id, flavor_id=uuid.uuid4(), key="", number=1))
    session.flush()
    tallies = Tallies(session)
    with pytest.raises(AssertionError):
        check_derived(session)
    for benchmark_id in session.scalars(sa.select(ResultTally.benchmark_id).distinct()).all():
        tallies.recount(benchmark_id)
    for one in session.scalars(sa.select(ResultField).where(ResultField.benchmark_id == benchmark.id)).all():
        tallies.recount_field(benchmark.id, one.id)
    check_derived(session)
