"""The generated data: always the same, valid, skewed, and of the promised size."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from benchmarks.data.catalogue import FIRST
from benchmarks.data.definitions import DEFINITIONS
from benchmarks.data.results import PIECE, Generated
from eoscperf import jsontext
from eoscperf.benchmarks.json_schema import check_schema, validate
from eoscperf.results.projection.declared import declared_paths


@pytest.fixture(scope="module")
def generated():
    return Generated(2000)


@pytest.fixture(scope="module")
def piece(generated):
    return generated.piece(0)


def test_the_same_size_and_seed_give_the_same_data(generated, piece):
    again = Generated(2000)
    assert again.piece(0) == piece
    assert again.catalogue.rows() == generated.catalogue.rows()


def test_another_seed_gives_other_data(piece):
    other = Generated(2000, seed=1).piece(0)
    assert {row["id"] for row in other.results}.isdisjoint(row["id"] for row in piece.results)


def test_pieces_do_not_depend_on_the_order_they_are_made_in():
    size = PIECE + 10
    last = Generated(size).piece(1)
    assert len(last.results) == 10
    everything = list(Generated(size).all())
    assert everything[1] == last
    assert sum(len(one.results) for one in everything) == size


def test_results_come_one_after_the_other_over_the_years(piece):
    times = [row["execution_datetime"] for row in piece.results]
    assert times == sorted(times)
    assert times[0] >= FIRST
    assert (times[-1] - times[0]).days > 2000
    assert all(row["upload_datetime"] > row["execution_datetime"] for row in piece.results)


def test_documents_are_stored_as_an_upload_would_store_them(piece):
    for row, document in zip(piece.results[:200], piece.documents, strict=False):
        assert json.loads(row["json"]) == document
        assert row["json"] == jsontext.dumps(jsontext.loads(row["json"]))
        assert row["content_hash"] == jsontext.content_hash(json.loads(row["json"]))


def test_documents_have_the_size_of_real_ones(piece):
    sizes = [len(row["json"].encode()) for row in piece.results]
    assert min(sizes) > 400
    assert max(sizes) < 1200


def test_schemas_are_valid(generated):
    assert [issue for one in generated.catalogue.benchmarks for issue in check_schema(one.schema)] == []


def test_documents_fit_the_schema_of_their_benchmark(generated, piece):
    schemas = {one.id: jsontext.dumps(one.schema) for one in generated.catalogue.benchmarks}
    for row, document in zip(piece.results[:300], piece.documents, strict=False):
        assert validate(schemas[row["benchmark_id"]], document).issues == []


def test_every_benchmark_declares_other_places(generated):
    declared = [
        tuple(path.text() for path in declared_paths(jsontext.dumps(one.schema)))
        for one in generated.catalogue.benchmarks
    ]
    assert len(set(declared)) == len(DEFINITIONS) >= 20
    assert all(8 <= len(paths) <= 16 for paths in declared)


def test_a_fifth_of_the_results_is_of_the_biggest_benchmark(generated):
    share = generated.catalogue.benchmark_choice.share(0)
    assert generated.catalogue.biggest is generated.catalogue.benchmarks[0]
    assert share == pytest.approx(0.2, abs=0.005)


def test_a_few_are_hidden_and_leave_their_traces(generated, piece):
    states = Counter(row["status"] for row in piece.results)
    assert 0.98 < states["visible"] / len(piece.results) < 1
    assert set(states) == {"visible", "withdrawn", "claimed", "removed"}
    assert len(piece.claims) == len(piece.submissions) == states["claimed"]
    removed = {row["removed_entry_id"] for row in piece.results if row["status"] == "removed"}
    assert removed == {entry["id"] for entry in piece.log_entries}


def test_tags_and_people_are_used_unevenly(generated, piece):
    tags = Counter(link["tag_id"] for link in piece.result_tags)
    people = Counter(row["uploader_id"] for row in piece.results)
    assert tags[generated.catalogue.tag_ids[0]] > 5 * tags[generated.catalogue.tag_ids[-1]]
    assert people.most_common(1)[0][0] == generated.catalogue.user_ids[0]
    assert max(Counter(link["result_id"] for link in piece.result_tags).values()) == 3
