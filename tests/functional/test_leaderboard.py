"""Rankings over REST: cells, ranks, verdicts, what is left out, what is asked for wrongly."""

from __future__ import annotations

import datetime
import uuid

import numpy as np
import pytest

SCHEMA = {
    "type": "object",
    "properties": {
        "time": {
            "type": "number",
            "title": "Render time",
            "x-unit": "Seconds",
            "x-better": "lower",
            "x-headline": True,
            "x-samples": "all",
        },
        "all": {"type": "array", "items": {"type": "number"}},
        "rate": {"type": "number"},
        "size": {"type": "integer", "x-parameter": "input"},
    },
}

DAY = datetime.timedelta(days=1)
START = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture
def benchmark(api):
    return api.make.benchmark(json_schema=SCHEMA, docker_image="c-ray", docker_tag="1.2")


@pytest.fixture
def path(benchmark):
    return f"/benchmarks/{benchmark.id}/leaderboard"


@pytest.fixture
def run(api, benchmark):
    """Stores runs of a flavor, each by somebody else unless an uploader is given."""

    def run(flavor, *times, uploader=None, **more):
        stored = []
        for number, time in enumerate(times):
            who = uploader or api.make.user(f"person-{uuid.uuid4()}")
            json = {"time": time, "size": 4, **more}
            at = START + number * DAY
            stored.append(
                api.make.result(
                    json=json, benchmark=benchmark, flavor=flavor, uploader=who, execution_datetime=at
                )
            )
        return stored

    return run


@pytest.fixture
def flavors(api):
    site = api.make.site(name="CESNET")
    return [api.make.flavor(site=site, name=name) for name in ("hpc.8", "m.8", "x.8")]


FAST = (100.0, 101.0, 99.0, 100.5, 99.5)
SLOW = (112.0, 111.0, 113.0, 112.5, 111.5)


def test_flavors_are_ranked_with_ties_verdicts_and_provisional_rows(api, path, run, flavors):
    one, two, three = flavors
    run(one, *SLOW)
    run(two, *FAST)
    run(three, 300.0, 310.0)
    answer = api.get(path).json
    assert answer["headline"] == "Best: CESNET m.8, 100.0 s."
    assert (answer["method"], answer["benchmark"], answer["base"]) == (
        "eoscperf-stats-1",
        "c-ray:1.2",
        str(two.id),
    )
    assert answer["metric"] == {
        "path": "time",
        "label": "Render time",
        "unit": "Seconds",
        "unit_symbol": "s",
        "better": "lower",
        "noise": 0.02,
    }
    rows = answer["items"]
    assert [(row["flavor"], row["rank_label"], row["n"], row["sources"]) for row in rows] == [
        ("m.8", "1", 5, 5),
        ("hpc.8", "2", 5, 5),
        ("x.8", "(3)", 2, 2),
    ]
    assert [row["median"] for row in rows] == [100.0, 112.0, 305.0]
    assert [row["verdict"] and row["verdict"]["code"] for row in rows] == [None, "worse", "few"]
    assert rows[1]["verdict"]["sentence"].startswith("CESNET hpc.8 is 11 % slower than CESNET m.8, beyond")
    assert rows[1]["ratio"] == pytest.approx(100 / 112)
    low, high = rows[1]["ratio_interval"]
    assert low < rows[1]["ratio"] < high < 1
    assert rows[2]["interval"] is None
    assert rows[2]["values"] == [300.0, 310.0]
    assert rows[0]["values"] is None
    assert rows[0]["last_run"] == "2024-01-05T00:00:00Z"
    assert (answer["total"], answer["pages"], answer["has_next"]) == (3, 1, False)


def test_the_interval_is_that_of_the_documented_method(api, path, run, flavors):
    import hashlib

    stored = run(flavors[0], *SLOW)
    row = api.get(path).json["items"][0]
    ids = sorted(str(result.id) for result in stored)
    text = "\n".join(["eoscperf-stats-1", "time", *ids])
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    drawn = np.random.default_rng(seed).choice(sorted(SLOW), size=(2000, 5), p=[0.2] * 5)
    expected = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    assert row["interval"] == pytest.approx(list(expected))


def test_the_baseline_the_order_and_the_page_can_be_chosen(api, path, run, flavors):
    run(flavors[0], *SLOW)
    run(flavors[1], *FAST)
    run(flavors[2], 300.0)
    answer = api.get(f"{path}?base={flavors[0].id}").json
    assert [row["verdict"] and row["verdict"]["code"] for row in answer["items"]] == ["better", None, "few"]
    assert [row["flavor"] for row in api.get(f"{path}?sort_by=site").json["items"]] == ["hpc.8", "m.8", "x.8"]
    assert api.get(f"{path}?sort_by=n").json["items"][-1]["flavor"] == "x.8"
    second = api.get(f"{path}?per_page=2&page=2").json
    assert ([row["rank_label"] for row in second["items"]], second["has_prev"]) == (["(3)"], True)
    answer = api.get(f"{path}?base={uuid.uuid4()}", status=422).json
    assert answer["errors"][0]["detail"] == "is no flavor with a row in this ranking"


def test_other_inputs_are_told_and_not_mixed_in(api, path, run, flavors):
    run(flavors[0], *FAST)
    run(flavors[0], 900.0, 901.0, size=8)
    run(flavors[1], 5.0, size=8)
    answer = api.get(path).json
    assert answer["inputs"] == {"size": 4}
    assert answer["other_inputs"] == [{"inputs": {"size": 8}, "runs": 3}]
    assert [(row["flavor"], row["n"]) for row in answer["items"]] == [("hpc.8", 5)]
    other = api.get(path, {"filters": "size == 8"}).json
    assert other["inputs"] == {"size": 8}
    assert [(row["flavor"], row["n"]) for row in other["items"]] == [("m.8", 1), ("hpc.8", 2)]


def test_one_source_counts_with_its_newest_twenty_runs_by_their_root(api, path, run, flavors):
    job = api.make.user("ci-job")
    run(flavors[0], *[100.0] * 25, uploader=job)
    run(flavors[0], *[50.0] * 5)
    answer = api.get(path).json
    row = answer["items"][0]
    assert (row["n"], row["sources"], answer["left_out"]["older"]) == (25, 6, 5)
    assert row["median"] == 50.0
    assert api.get(f"{path}?weight=run").json["items"][0]["median"] == 100.0


def test_hidden_superseded_and_odd_results_do_not_count(api, benchmark, path, run, flavors):
    run(flavors[0], *FAST)
    person = api.make.user("person")
    common = {"benchmark": benchmark, "flavor": flavors[0], "uploader": person}
    api.make.result(json={"time": 1.0, "size": 4}, withdrawn=True, **common)
    api.make.result(json={"time": 1.0, "size": 4}, removed=True, **common)
    api.make.result(json={"size": 4}, **common)
    answer = api.get(path).json
    assert (answer["items"][0]["n"], answer["items"][0]["min"]) == (5, 99.0)
    assert answer["left_out"] == {"older": 0, "not_finite": 1}


def test_results_can_be_narrowed_by_site_tag_and_date(api, path, run, flavors):
    other = api.make.flavor(site=api.make.site(name="IFCA"), name="l.8")
    run(flavors[0], *FAST)
    run(other, *SLOW)
    named = api.get(f"{path}?site_id={other.site_id}").json
    assert [row["site"] for row in named["items"]] == ["IFCA"]
    early = api.get(f"{path}?execution_before=2024-01-03").json
    assert {row["n"] for row in early["items"]} == {2}


def test_samples_make_the_spread_within_runs(api, path, run, flavors):
    run(flavors[0], 100.0, 100.0, all=[90.0, 100.0, 110.0])
    assert api.get(path).json["items"][0]["within_spread"] == pytest.approx(0.2)


def test_the_value_of_a_run_may_be_an_aggregate_of_its_samples(api, benchmark, path, run, flavors):
    run(flavors[0], 100.0, all=[1.0, 2.0, 9.0])
    api.person("admin")
    api.put(
        f"/benchmarks/{benchmark.id}/metrics",
        {"metrics": [{"path": "time", "aggregate": "median"}]},
        token=api.token("admin"),
    )
    answer = api.get(path).json
    assert (answer["items"][0]["median"], answer["catalogue_version"]) == (2.0, 1)
    assert api.get(f"{path}?cat=0").json["items"][0]["median"] == 100.0


def test_without_a_direction_there_is_no_ranking(api, path, run, flavors):
    run(flavors[0], *FAST, rate=5.0)
    run(flavors[1], *SLOW, rate=6.0)
    answer = api.get(f"{path}?metric=rate").json
    assert answer["headline"] == "No better direction is declared, so there is no ranking."
    assert [(row["flavor"], row["rank"]) for row in answer["items"]] == [("hpc.8", None), ("m.8", None)]
    assert answer["items"][1]["verdict"]["code"] == "undirected"


def test_a_metric_that_is_none_is_told_with_those_that_are(api, path):
    answer = api.get(f"{path}?metric=beauty", status=422).json
    assert answer["errors"][0]["detail"] == (
        "is no number that the benchmark declares; allowed: rate, size, time"
    )


def test_a_benchmark_without_headline_has_no_ranking_of_its_own(api):
    plain = api.make.benchmark()
    answer = api.get(f"/benchmarks/{plain.id}/leaderboard", status=404).json
    assert answer["detail"].startswith("This benchmark declares no headline metric.")


def test_an_empty_ranking_says_so(api, path):
    answer = api.get(path).json
    assert (answer["items"], answer["headline"], answer["total"]) == (
        [],
        "No visible result has this metric.",
        0,
    )
