"""Comparisons and rankings: by the server, and what takes their place where it has none."""

from __future__ import annotations

import httpx
import pytest

from eoscperf.client import Client, Usage
from eoscperf.client.comparison import METHOD
from eoscperf.sites.models import Flavor
from tests.client.conftest import SERVER

SCHEMA = {
    "type": "object",
    "properties": {
        "time": {"type": "number", "title": "Time", "x-unit": "s", "x-better": "lower", "x-headline": 1},
        "level": {"type": "integer", "x-parameter": "input"},
    },
}


class WithoutComparisons(httpx.BaseTransport):
    """The platform as it was before it could compare."""

    def __init__(self, inner):
        self._inner = inner

    def handle_request(self, request):
        path = request.url.path
        if path.endswith(("/compare", "/leaderboard")):
            return httpx.Response(404, json={"type": "urn:eoscperf:problem:not-found"})
        if path.endswith("/openapi.json"):
            return httpx.Response(200, json={"paths": {"/results": {}}})
        return self._inner.handle_request(request)


@pytest.fixture
def old_client(platform, retries):
    with Client(SERVER, transport=WithoutComparisons(platform), retries=retries) as client:
        yield client


@pytest.fixture
def runs(make):
    """Two flavors, five runs each, of which one takes half the time; and one run with another input."""
    benchmark = make.benchmark(docker_image="example/raytracer", docker_tag="2.1", json_schema=SCHEMA)
    site = make.site(name="Hillside")
    slow, fast = make.flavor(name="c1", site=site), make.flavor(name="c8", site=site)
    tag = make.tag(name="nightly")
    results = [
        make.result(benchmark=benchmark, flavor=flavor, json={"time": time + step, "level": 1}, tags=[tag])
        for flavor, time in ((slow, 8.0), (fast, 4.0))
        for step in (0.0, 0.01, 0.02, 0.03, 0.04)
    ]
    make.result(benchmark=benchmark, flavor=fast, json={"time": 99, "level": 9})
    return results


def test_flavors_are_compared_by_name(client_of, runs):
    found = client_of().compare(["flavor:Hillside/c1", "flavor:Hillside/c8"])
    assert [row["name"] for row in found["rows"]] == ["Hillside c1", "Hillside c8"]
    (table,) = found["tables"]
    slow, fast = table["items"]
    assert (table["benchmark"], table["inputs"]) == ("example/raytracer:2.1", {"level": 1})
    assert (slow["n"], slow["verdict"], fast["n"]) == (5, None, 5)
    assert fast["ratio"] == pytest.approx(2, abs=0.02)
    assert fast["verdict"]["code"] == "better"


def test_sites_tags_and_results_are_compared_by_name_or_id(client_of, runs):
    client = client_of()
    two = ["flavor:Hillside/c1", "flavor:Hillside/c8"]
    assert client.compare(two, base=two[1], benchmark_id="example/raytracer")["base"] == 1
    assert len(client.compare("site:Hillside")["rows"]) == 2
    assert len(client.compare("tag:nightly")["rows"]) == 2
    single = client.compare([f"result:{runs[0].id}", f"result:{runs[5].id}"])
    assert [row["result_id"] for row in single["rows"]] == [str(runs[0].id), str(runs[5].id)]


@pytest.mark.parametrize("item", ["c1", "flavor:", "result:first", "planet:mars", "example/raytracer:2.1"])
def test_what_is_no_item_is_told_before_anything_is_asked(client_of, item):
    with pytest.raises(Usage, match="is none of these"):
        client_of().compare([item])


def test_the_command_prints_a_table_with_verdicts(terminal, runs):
    shown = terminal("compare", "flavor:Hillside/c1", "flavor:Hillside/c8").stdout.splitlines()
    assert shown[0] == "example/raytracer:2.1: Time [s], lower is better, level = 1"
    assert shown[1].split()[:3] == ["ROW", "RUNS", "MEDIAN"]
    assert shown[2].split()[:4] == ["Hillside", "c1", "5", "8.02"]
    assert "Hillside c8 is 2.00 times as fast as Hillside c1, beyond noise" in shown[3]


def test_a_comparison_for_programs_has_a_line_for_each_row_and_both_ends_of_intervals(terminal, runs):
    asked = ("compare", "site:Hillside", "--benchmark", "example/raytracer", "--filter", "level == 1")
    head, slow, fast = terminal(*asked, "-o", "csv").stdout.splitlines()
    assert head.startswith("benchmark,metric,unit,inputs,name,n,sources,median,interval_low,interval_high,")
    assert slow.startswith('example/raytracer:2.1,time,s,"{""level"": 1}",Hillside c1,5,')
    assert ",better," in fast
    told = terminal.json(*asked, "flavor:Hillside/c8", "--base", "flavor:Hillside/c8", "--weight", "run")
    assert (told["base"], told["weight"]) == (2, "run")


def test_nothing_in_common_is_said(terminal, make):
    make.flavor(name="c1", site=make.site(name="Hillside"))
    done = terminal("compare", "flavor:Hillside/c1", "result:00000000-0000-4000-8000-000000000000")
    assert "No benchmark has results of two of these" in done.stderr
    assert "Not there, or without results: result:00000000" in done.stderr


def test_several_benchmarks_have_a_table_each_and_geometric_means(terminal, runs, make):
    other = make.benchmark(docker_image="example/zip", docker_tag="1", json_schema=SCHEMA)
    for flavor_id in {result.flavor_id for result in runs}:
        flavor = make.session.get(Flavor, flavor_id)
        make.result(benchmark=other, flavor=flavor, json={"time": 1.0, "level": 1})
    shown = terminal("compare", "site:Hillside").stdout
    assert "example/raytracer:2.1: Time" in shown
    assert "example/zip:1: Time" in shown
    assert "Geometric means of the ratios over 2 benchmarks" in shown


def test_a_ranking_is_printed(terminal, runs):
    lines = terminal("leaderboard", "example/raytracer").stdout.splitlines()
    assert lines[0] == "example/raytracer:2.1: Time [s], lower is better, level = 1"
    assert [line.split()[:4] for line in lines[2:4]] == [
        ["1", "Hillside", "c8", "5"],
        ["2", "Hillside", "c1", "5"],
    ]
    assert "1 run with other inputs is left out" in "\n".join(lines)
    assert terminal.json("leaderboard", "example/raytracer", "--limit", "1")["items"][0]["flavor"] == "c8"
    asked = ("leaderboard", "example/raytracer", "--site", "Hillside", "--base", "Hillside/c1")
    head, *rows = terminal(*asked, "--sort", "site", "-o", "csv").stdout.splitlines()
    assert head.startswith("rank,provisional,site,flavor,flavor_id,n,")
    assert [row.split(",")[3] for row in rows] == ["c1", "c8"]


def test_a_ranking_is_fetched_page_by_page(client_of, terminal, runs, monkeypatch):
    monkeypatch.setattr("eoscperf.client.cli.comparing.LARGEST_PAGE", 1)
    assert len(terminal.json("leaderboard", "example/raytracer", "--all")["items"]) == 2
    client = client_of()
    id = client.names.benchmark("example/raytracer")["id"]
    page = client.benchmarks.leaderboard(id, page=2, per_page=1, metric="time")
    assert [row["flavor"] for row in page["items"]] == ["c1"]


def test_a_benchmark_without_a_headline_is_not_ranked(terminal, make):
    make.benchmark(docker_image="example/plain", docker_tag="1")
    assert "medians" not in terminal("leaderboard", "example/plain", code=1).stderr


def test_a_server_that_does_not_compare_is_compared_here(old_client, runs):
    found = old_client.compare(["flavor:Hillside/c1", "flavor:Hillside/c8"])
    assert found["method"] == METHOD
    (table,) = found["tables"]
    slow, fast = table["items"]
    assert (table["benchmark"], table["inputs"], table["metric"]["label"]) == (
        "example/raytracer:2.1",
        {"level": 1},
        "Time",
    )
    assert (slow["n"], slow["median"], slow["ratio"]) == (5, pytest.approx(8.02), 1)
    assert (fast["n"], fast["left_out"], fast["ratio"]) == (5, 1, pytest.approx(8.02 / 4.02))
    assert fast["verdict"] is None


def test_what_is_compared_here_can_be_sites_tags_and_results_too(old_client, runs):
    site = old_client.compare(["site:Hillside", "flavor:Hillside/c8"], base="flavor:Hillside/c8")
    assert [row["name"] for row in site["rows"]] == ["Hillside c1", "Hillside c8", "Hillside c8"]
    assert site["base"] == 2
    with pytest.raises(Usage, match="none of the items"):
        old_client.compare("site:Hillside", base="flavor:Hillside/c8")
    tagged = old_client.compare("tag:nightly", benchmark_id="example/raytracer", metric="level")
    assert [item["median"] for item in tagged["tables"][0]["items"]] == [1, 1]
    single = old_client.compare([f"result:{one.id}" for one in runs[4:6]], filters="time < 5")
    assert [row["found"] for row in single["rows"]] == [False, True]
    assert single["tables"] == []


def test_the_command_says_that_medians_say_nothing_about_chance(platform, retries, terminal, runs):
    terminal.settings["transport"] = WithoutComparisons(platform)
    done = terminal("compare", "flavor:Hillside/c1", "flavor:Hillside/c8")
    assert "say nothing about chance" in done.stderr
    assert done.stdout.splitlines()[2].split()[:4] == ["Hillside", "c1", "5", "8.02"]
    assert "`eoscperf medians`" in terminal("leaderboard", "example/raytracer", code=2).stderr
