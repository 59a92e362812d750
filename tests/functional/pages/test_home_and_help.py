"""The first page, the help for programs and for authors of benchmarks, and addresses of earlier."""

from __future__ import annotations

import html
import json
import re
import shlex

import pytest

from eoscperf.benchmarks.json_schema import check_schema, validate
from eoscperf.metrics.annotations import ANNOTATIONS, derive, lint

SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "number", "x-unit": "s", "x-better": "lower", "x-headline": 1}},
}


def squeezed(answer):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text))).strip()


def codes(answer):
    found = re.findall(r"<figcaption>(.*?)</figcaption>\s*<pre[^>]*><code>(.*?)</code>", answer.text, re.S)
    return {html.unescape(label): html.unescape(text) for label, text in found}


@pytest.fixture
def world(make):
    class World:
        benchmark = make.benchmark(docker_image="example/ray", docker_tag="1.2", json_schema=SCHEMA)
        site = make.site(name="Lake side")

    World.flavor = make.flavor(site=World.site, name="m1")
    for score in (3.0, 3.1, 3.2, 3.0, 3.1):
        make.result(benchmark=World.benchmark, flavor=World.flavor, json={"score": score})
    return World


# The first page


def test_the_first_page_tells_who_is_best_and_how_fresh_it_is(pages, make, world):
    make.flavor(site=world.site, name="m2")
    text = squeezed(pages.get("/", status=200))
    assert "score in s, lower is better" in text
    assert "Best: Lake side m1, 3.100 s." in text
    assert "5 results on 1 of 2 flavors, newest" in text
    assert re.search(r"The newest result was uploaded (\d+ \w+|less than a minute) ago ?\.", text)
    assert "example/ray:1.2 on Lake side / m1" in text


def test_the_first_page_tells_where_results_are_missing(pages, make, world):
    site = make.site(name="Hill")
    for number in range(8):
        make.flavor(site=site, name=f"x{number}")
    make.flavor(site=site, name="unseen", status="on_review")
    idle = make.benchmark(docker_image="example/idle")
    text = squeezed(pages.get("/"))
    assert "Run example/idle:1.0 on 0 flavors so far" in text
    assert "Run example/ray:1.2 on 1 flavor so far" in text
    assert "Hill / x0" in text
    assert "2 more flavors" in text
    assert "unseen" not in text
    assert f'href="/benchmarks/{idle.id}/run"' in pages.get("/").text


def test_a_new_result_changes_who_is_best(pages, make, world):
    assert "Best: Lake side m1" in squeezed(pages.get("/"))
    fast = make.flavor(site=world.site, name="fast")
    for score in (1.0, 1.1, 1.0, 1.1, 1.0):
        make.result(benchmark=world.benchmark, flavor=fast, json={"score": score})
    assert "Best: Lake side fast, 1.000 s." in squeezed(pages.get("/"))


def test_everybody_is_told_of_what_waits_only_if_it_concerns_them(pages, make, world):
    owner = make.user("owner")
    make.user("admin", role="admin")
    make.site(status="on_review", uploader=owner)
    make.benchmark(status="on_review")
    assert "wait" not in squeezed(pages.get("/"))
    assert "1 submission of yours waits for a moderator." in squeezed(pages.get("/", as_="owner"))
    assert re.search(r"\d submissions? waiting", squeezed(pages.get("/", as_="admin")))


def test_a_benchmark_that_nobody_explained_says_so(pages, make):
    benchmark = make.benchmark(json_schema={"type": "object", "properties": {"score": {"type": "number"}}})
    make.result(benchmark=benchmark, json={"score": 1})
    page = pages.get("/", status=200)
    assert f'href="/benchmarks/{benchmark.id}/metrics">nobody has said what its values mean' in page.text


def test_the_first_page_costs_few_statements_however_many_are_ranked(pages, make, world, cost):
    few = cost(lambda: pages.get("/"))
    for _ in range(8):
        make.result(benchmark=make.benchmark(json_schema=SCHEMA), json={"score": 1})
    assert cost(lambda: pages.get("/")) <= few
    make.user("admin", role="admin")
    assert cost(lambda: pages.get("/", as_="admin")) <= 15


# Help


def test_lines_of_the_help_work_as_they_stand(pages, api, world):
    page = pages.get("/help/api", status=200)
    shown = codes(page)
    for label in ("Which benchmarks are there?", "The ranking, with intervals and verdicts"):
        url = next(word for word in shlex.split(shown[label]) if word.startswith("https:"))
        api.get(url.removeprefix("https://perf.example.org/api/v1"), status=200)
    (table,) = re.findall(
        r'"https://perf\.example\.org(/api/v1/[^"]*)"', shown["A data frame with nothing but pandas"]
    )
    assert "score [s]" in api.app.get(table, status=200).text.partition("\r\n")[0]
    assert table in shown["A data frame in R"]
    assert table in shown["All results of a benchmark as a table for a spreadsheet"]
    assert str(world.flavor.id) in shown["Upload result.json"]
    assert "--flavor 'Lake side/m1'" in shown["Rank, list, export, upload"]
    for label in ("A data frame with nothing but pandas", "With the client"):
        compile(shown[label], "help.py", "exec")
    words = shlex.split(shown["Three results with the smallest value"].replace("\\\n", " "))
    query = {word.partition("=")[0]: word.partition("=")[2] for word in words if "=" in word}
    found = api.app.get("/api/v1/results", query, status=200).json["items"]
    assert [one["json"]["score"] for one in found] == [3.0, 3.0, 3.1]


def test_what_the_help_proposes_can_be_proposed(pages, api, world):
    shown = codes(pages.get("/help/api"))
    api.person("user")
    token = api.token("user")
    site = None
    for label, path in (
        ("Propose a site", "/sites"),
        ("Propose a flavor; SITE stands for the id in the answer", "/sites/{}/flavors"),
        ("Propose a benchmark", "/benchmarks"),
    ):
        body = json.loads(shlex.split(shown[label].replace("\\\n", " "))[-1])
        assert path.format("SITE") in shown[label]
        made = api.post(path.format(site), body, token=token, status=201).json
        site = site or made["id"]


def test_the_help_names_formats_and_limits(pages):
    text = squeezed(pages.get("/help/api", status=200))
    assert "Nothing has been measured here yet" in text
    for name in ("csv", "json", "ndjson", "md"):
        assert f" {name} " in text
    assert "429" in text
    assert re.search(r"Exports: \d+ per minute for each user", text)


def test_the_example_in_the_guidelines_is_one(pages):
    page = pages.get("/code-guidelines", status=200)
    shown = codes(page)
    schema, result = shown["A schema with every kind of annotation"], shown["A result that fits it"]
    assert check_schema(json.loads(schema)) == []
    assert validate(schema, json.loads(result)).issues == []
    broken = json.loads(result)
    del broken["result"]["seconds"]
    assert validate(schema, broken).issues
    assert lint(schema) == []
    catalogue = derive(schema)
    assert [(one.path, one.unit, one.better) for one in catalogue.headlines] == [
        ("result.seconds", "s", "lower"),
        ("result.joules", "J", "lower"),
    ]
    first = catalogue.headlines[0]
    assert (first.label, first.aggregate, first.noise) == ("Render time", "median", 0.03)
    assert first.samples is not None
    assert [one.path for one in catalogue.inputs] == ["workload.size"]
    assert {one.path for one in catalogue.machine} == {"machine.cores", "machine.processor"}
    assert catalogue.get("machine.cores").suggested
    for keyword in (*ANNOTATIONS, "suggestToUser"):
        assert f"<code>{keyword}</code>" in page.text
        assert keyword in schema
    assert page.text.count("json-schema.org/draft") >= 5


# Addresses of earlier


def test_a_search_of_earlier_is_the_search_of_now(pages, world):
    ids = {name: getattr(world, name).id for name in ("benchmark", "site", "flavor")}
    for query, wanted in (
        ("", ""),
        (
            "flavorId={flavor}&siteId={site}&benchmarkId={benchmark}",
            "benchmark_id={benchmark}&site_id={site}&flavor_id={flavor}",
        ),
        (
            "columns=%5B%22score%22%2C%22cpu.count%22%5D&filters=score+%3E+2&filters=score+%3D+3.1",
            "filters=score+%3E+2&filters=score+%3D%3D+3.1&columns=score&columns=cpu.count",
        ),
        ("columns=%5B%22score%22&siteId={site}", "site_id={site}"),
        ("columns=%5B1%2C%22a..b%22%2C%22ok%22%5D&other=1", "columns=ok"),
        ("columns=%22score%22", ""),
    ):
        location = pages.get(f"/search/result?{query.format(**ids)}", status=301).location
        assert location == "http://localhost/results" + (f"?{wanted.format(**ids)}" if wanted else "")
        pages.get(location, status=200)


def test_a_condition_of_earlier_that_cannot_be_read_is_marked(pages, world):
    answer = pages.get("/search/result?filters=nonsense&benchmarkId=12", status=301)
    assert "nonsense" in pages.get(answer.location, status=422).text


def test_other_pages_of_earlier_lead_on(pages):
    for path, now in (("report-view", "moderation"), ("site-editor", "admin/sites"), ("oidc-redirect", "")):
        location = pages.get(f"/{path}?code=x", status=301).location
        assert location in (f"http://localhost/{now}", "http://localhost/")
