from __future__ import annotations

import pytest

from eoscperf import errors
from eoscperf.benchmarks.events import SchemaChanging
from eoscperf.benchmarks.service import Benchmarks
from eoscperf.review.events import ItemUpdated
from eoscperf.review.journal import Journal
from eoscperf.review.lifecycle import Lifecycle
from eoscperf.security.identity import Viewer
from eoscperf.testing.factories import Make


class KeptEvents(list):
    emit = list.append


@pytest.fixture
def make(session):
    return Make(session)


@pytest.fixture
def kept():
    return KeptEvents()


@pytest.fixture
def benchmarks(session, make, kept):
    viewer = Viewer(make.user("admin", role="admin").id, admin=True)
    return Benchmarks(
        session, viewer, Lifecycle(session, Journal(session, viewer), kept), kept, schema_bytes=200
    )


def test_the_schema_is_stored_as_canonical_text(benchmarks):
    benchmark = benchmarks.submit("a", "1", {"type": "object", "maximum": 1.0, "b": "ä"})
    assert benchmark.json_schema == '{"b":"ä","maximum":1.0,"type":"object"}'
    assert benchmark.search_text == "a:1"


@pytest.mark.parametrize(
    ("schema", "pointer", "keyword"),
    [
        ({"type": 7}, "/json_schema/type", None),
        ({"minimum": "low"}, "/json_schema/minimum", "type"),
        ({"a": "\x00"}, "/json_schema/a", None),
        ({"a": "x" * 200}, "/json_schema", None),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_with_its_place(schema, pointer, keyword, benchmarks, kept):
    with pytest.raises(errors.Invalid) as problem:
        benchmarks.submit("a", "1", schema)
    issue = problem.value.issues[0]
    assert (issue.pointer, issue.name) == (pointer, "json_schema")
    assert keyword in (None, issue.keyword)
    assert kept == []


def test_a_new_schema_is_announced_before_anything_changes(benchmarks, make, kept):
    benchmark = make.benchmark(json_schema={"type": "object"})
    assert benchmarks.update(benchmark, {"json_schema": {"type": "object", "title": "x"}}) is True
    asked, updated = kept
    assert asked == SchemaChanging(
        benchmark_id=benchmark.id,
        old_schema='{"type":"object"}',
        new_schema='{"title":"x","type":"object"}',
    )
    assert isinstance(updated, ItemUpdated)
    assert updated.changed == ("json_schema",)


def test_the_order_of_keys_is_no_change(benchmarks, make, kept):
    benchmark = make.benchmark(json_schema={"a": 1, "b": 2})
    assert benchmarks.update(benchmark, {"json_schema": {"b": 2, "a": 1}}) is False
    assert kept == []


@pytest.mark.parametrize(("values", "stays"), [({"description": "x"}, True), ({"docker_image": "b"}, False)])
def test_what_is_known_of_an_image_goes_with_it(values, stays, benchmarks, make):
    benchmark = make.benchmark(docker_image="a", image_check='{"status":"ok"}')
    benchmarks.update(benchmark, values)
    assert (benchmark.image_check is not None) is stays
