"""Results as rows and data frames."""

from __future__ import annotations

import sys

import pytest

from eoscperf.client import MissingLibrary, Usage
from eoscperf.client.frames import MISSING, leaves, look_up, rows, split_path, to_dataframe
from eoscperf.results.jsonpath import parse


def result(json, **changes):
    return {
        "id": "r",
        "json": json,
        "execution_datetime": "2024-05-01T12:30:00Z",
        "upload_datetime": "2024-05-01T13:02:10.192459Z",
        "benchmark": {"id": "b", "docker_image": "example/raytracer", "docker_tag": "2.1"},
        "site": {"id": "s", "name": "Hillside"},
        "flavor": {"id": "f", "name": "c8.large"},
        "tags": [{"id": "t1", "name": "a"}, {"id": "t2", "name": "b"}],
        "status": "visible",
    } | changes


def test_paths_of_the_json_are_columns():
    (row,) = rows(
        [result({"time": 11.0, "machine": {"cpu": {"count": 8}}, "list": [1, 2], "none": None, "empty": {}})]
    )
    assert row == {
        "id": "r",
        "execution_datetime": "2024-05-01T12:30:00Z",
        "upload_datetime": "2024-05-01T13:02:10.192459Z",
        "benchmark_id": "b",
        "benchmark": "example/raytracer:2.1",
        "site_id": "s",
        "site": "Hillside",
        "flavor_id": "f",
        "flavor": "c8.large",
        "tags": "a;b",
        "status": "visible",
        "time": 11.0,
        "machine.cpu.count": 8,
        "list": [1, 2],
        "none": None,
        "empty": {},
    }


def test_a_path_that_is_called_like_a_column_gets_a_name_of_its_own():
    (row,) = rows([result({"status": "ok", "id": 7})])
    assert (row["status"], row["json.status"], row["id"], row["json.id"]) == ("visible", "ok", "r", 7)
    (row,) = rows([result({"status": "ok"})], ["status"])
    assert (row["status"], row["json.status"]) == ("visible", "ok")


def test_columns_choose_paths():
    (row,) = rows(
        [result({"time": 1, "flags": ["a", "b"], "x": {"y": 2}})], ["flags.1", "x", "x.z", "time.0"]
    )
    assert {name: row[name] for name in list(row)[11:]} == {"flags.1": "b", "x": {"y": 2}}


def test_a_frame_has_times_as_times_and_missing_values_as_missing():
    frame = to_dataframe([result({"time": 11.5}), result({"other": 1})])
    assert list(frame["time"].isna()) == [False, True]
    assert str(frame["execution_datetime"].dtype).startswith("datetime64")
    assert frame["execution_datetime"][0].isoformat() == "2024-05-01T12:30:00+00:00"
    assert frame.groupby("flavor")["time"].median()["c8.large"] == 11.5


def test_a_frame_of_nothing_has_the_columns_all_the_same():
    assert list(to_dataframe([]).columns)[:3] == ["id", "execution_datetime", "upload_datetime"]
    assert list(to_dataframe([], ["time"]).columns)[-1] == "time"
    assert len(to_dataframe([], ["time"])) == 0


def test_without_pandas_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingLibrary, match="pip install pandas"):
        to_dataframe([])


@pytest.mark.parametrize("keys", [("a",), ("a.b", "c"), ("a b", "c\\d"), ("x,y",), ("\t",), ("ä", "7")])
def test_paths_are_those_of_the_platform(keys):
    json = 1
    for key in reversed(keys):
        json = {key: json}
    ((path, value),) = leaves(json)
    assert value == 1
    assert tuple(split_path(path)) == keys == parse(path).segments
    assert look_up(json, split_path(path)) == 1


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a\\"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(Usage):
        split_path(path)


@pytest.mark.parametrize("path", ["x.-1", "x.2", "x.a", "y", "x.0.z", "x.²"])
def test_what_is_not_there_is_missing(path):
    assert look_up({"x": [1, 2]}, split_path(path)) is MISSING


def test_deep_json_is_no_problem():
    json = leaf = {}
    for _ in range(5000):
        leaf["a"] = leaf = {}
    leaf["a"] = 1
    ((path, value),) = leaves(json)
    assert (path.count("."), value) == (5000, 1)
