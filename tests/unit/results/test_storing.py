"""New results with all that is kept beside them, whatever has happened since the fields were read last."""

import datetime
import secrets
import uuid

import pytest
import sqlalchemy as sa

from eoscperf import jsontext
from eoscperf.results.models import Result, result_tags
from eoscperf.results.projection.models import ResultField, ResultValue
from eoscperf.results.projection.service import Projection
from eoscperf.results.storing import NewResult, store
from eoscperf.results.tallies.models import FIELD, ResultTally
from eoscperf.testing.consistency import check_derived
from eoscperf.testing.factories import Make

SCHEMA = {"properties": {"time": {"type": "number"}, "model": {"type": "string"}}}
WIDER = {"properties": {**SCHEMA["properties"], "cores": {"type": "integer"}}}
WHEN = datetime.datetime(2024, 5, 1, 12, 30, 15, 250, tzinfo=datetime.UTC)
DOCUMENT = {"time": 1.5, "model": "EPYC", "cores": 8}


@pytest.fixture
def make(session):
    return Make(session)


@pytest.fixture
def benchmark(make):
    return make.benchmark(json_schema=SCHEMA)


@pytest.fixture
def new(make, benchmark):
    """A result that is not there yet."""
    flavor, uploader = make.flavor(), make.user()

    def new(document=DOCUMENT):
        parents = (benchmark.id, flavor.id, flavor.site_id, uploader.id, None)
        hashes = (secrets.token_bytes(32), secrets.token_bytes(32), None)
        return NewResult(uuid.uuid4(), jsontext.dumps(document), WHEN, WHEN, *parents, *hashes)

    return new


@pytest.fixture
def seen(session, new):
    """The fields have been read by this process."""
    store(session, [new()], [DOCUMENT], [()])


def number_of(session, what, *conditions):
    return session.scalar(sa.select(sa.func.count()).select_from(what).where(*conditions))


def change_schema(session, benchmark, schema):
    benchmark.json_schema = jsontext.dumps(schema)
    session.flush()
    Projection(session).declare(benchmark.id, benchmark.json_schema)


def test_everything_is_there_at_once(session, new, seen, make):
    tag, other = make.tag(), make.tag()
    results = [new(), new()]
    added = store(session, results, [DOCUMENT] * 2, [(tag.id, other.id, tag.id), ()])
    assert added == {result.id for result in results}
    assert number_of(session, ResultValue, ResultValue.result_id == results[0].id) == 2
    links = session.execute(sa.select(result_tags).order_by(result_tags.c.tag_id)).mappings().all()
    assert [link["tag_id"] for link in links] == sorted([tag.id, other.id])
    check_derived(session)


def test_links_say_of_their_results_what_the_results_say(session, new, seen, make):
    result = new()
    store(session, [result], [DOCUMENT], [(make.tag().id,)])
    names = ("execution_datetime", "upload_datetime", "benchmark_id", "flavor_id")
    link = session.execute(sa.select(*(result_tags.c[name] for name in names))).one()
    assert link == session.execute(sa.select(*(Result.__table__.c[name] for name in names)).where(
        Result.id == result.id
    )).one()  # fmt: skip


def test_fields_that_have_come_since_get_their_values(session, new, seen, benchmark, make):
    change_schema(session, benchmark, WIDER)
    result = new()
    store(session, [result], [DOCUMENT], [(make.tag().id,)])
    assert number_of(session, ResultValue, ResultValue.result_id == result.id) == 3
    assert number_of(session, result_tags) == 1
    check_derived(session)


def test_fields_that_have_gone_since_get_none(session, new, seen, benchmark):
    change_schema(session, benchmark, {"properties": {"time": {}}})
    result = new()
    store(session, [result], [DOCUMENT], [()])
    assert number_of(session, ResultValue, ResultValue.result_id == result.id) == 1
    check_derived(session)


def test_fields_that_are_not_counted_any_longer_are_not_counted(session, new, seen):
    session.execute(sa.update(ResultField).values(countable=False))
    session.execute(sa.delete(ResultTally).where(ResultTally.facet == FIELD))
    store(session, [new()], [DOCUMENT], [()])
    assert number_of(session, ResultTally, ResultTally.facet == FIELD) == 0
    check_derived(session)


def test_what_is_remembered_may_have_been_of_another_database(session, new, seen, benchmark):
    """The same benchmark may be in two of them, with fields of other numbers."""
    session.execute(sa.delete(ResultValue))
    session.execute(sa.delete(ResultTally).where(ResultTally.facet == FIELD))
    session.execute(sa.delete(Result))
    session.execute(sa.delete(ResultTally))
    session.execute(sa.update(ResultField).values(id=ResultField.id + 1_000_000))
    store(session, [new()], [DOCUMENT], [()])
    at = set(session.scalars(sa.select(ResultValue.field_id)))
    assert at == set(session.scalars(sa.select(ResultField.id)))
    check_derived(session)


def test_of_results_some_of_which_are_there_already_the_others_are_added(session, new, seen, make):
    there = new()
    store(session, [there], [DOCUMENT], [()])
    again, other = new()._replace(duplicate_key=there.duplicate_key), new()
    tag = make.tag().id
    assert store(session, [again, other], [DOCUMENT] * 2, [(tag,), (tag,)]) == {other.id}
    assert session.scalars(sa.select(result_tags.c.result_id)).all() == [other.id]
    check_derived(session)


def test_of_results_that_are_all_there_already_nothing_is_added(session, new, seen):
    there = new()
    store(session, [there], [DOCUMENT], [()])
    before = number_of(session, ResultTally)
    again = new()._replace(duplicate_key=there.duplicate_key)
    assert store(session, [again], [DOCUMENT], [()]) == frozenset()
    assert number_of(session, ResultTally) == before
    check_derived(session)


def test_the_first_value_that_fits_no_row_is_noticed(session, new, seen):
    document = {**DOCUMENT, "model": "x" * 300}
    store(session, [new(document)], [document], [()])
    assert session.scalars(sa.select(ResultField.path).where(ResultField.irregular)).all() == ["model"]
    check_derived(session)


def test_a_result_without_values_is_stored(session, new, seen):
    assert len(store(session, [new({})], [{}], [()])) == 1
    check_derived(session)
