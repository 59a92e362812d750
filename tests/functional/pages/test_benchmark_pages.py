"""The list of benchmarks, and the pages of one: its metrics, how to run it, its versions."""

from __future__ import annotations

import html
import json
import re
import shlex
import uuid

import pytest

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["time"],
    "properties": {
        "time": {
            "type": "number",
            "title": "Render time",
            "x-unit": "s",
            "x-better": "lower",
            "x-headline": True,
            "x-samples": {"path": "all", "split": ":"},
        },
        "all": {"type": "string"},
        "size": {"type": "integer", "x-parameter": "input"},
    },
}
BARE = {
    "type": "object",
    "properties": {
        "latency_ms": {"type": "number"},
        "cpu": {"type": "object", "properties": {"count": {"type": "integer"}}},
        "score": {"type": "number", "x-beter": "higher"},
    },
}


def squeezed(answer):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text))).strip()


def codes(answer):
    """The blocks of code by what they are called."""
    found = re.findall(r"<figcaption>(.*?)</figcaption>\s*<pre[^>]*><code>(.*?)</code>", answer.text, re.S)
    return {html.unescape(label): html.unescape(text) for label, text in found}


def sent(command):
    """Address, headers and body of a line for curl."""
    words = shlex.split(command.replace("\\\n", " "))
    url = next(word for word in words if word.startswith(("http://", "https://")))
    return url.removeprefix("https://perf.example.org"), json.loads(words[-1])


@pytest.fixture
def ray(make):
    return make.benchmark(
        json_schema=SCHEMA, docker_image="example/ray", docker_tag="1.2", description="Renders *one* picture"
    )


# The list


def test_the_list_tells_metric_cells_and_the_first(pages, make, ray):
    site = make.site(name="Lake")
    for name, times in (("m1", (3.0, 3.1, 3.2, 3.0, 3.1)), ("m2", (9.0, 9.1, 9.2, 9.0, 9.1)), ("m3", ())):
        flavor = make.flavor(site=site, name=name)
        for time in times:
            make.result(benchmark=ray, flavor=flavor, json={"time": time, "size": 1})
    plain = make.benchmark(docker_image="example/plain", json_schema=BARE)
    page = pages.get("/benchmarks", status=200)
    text = squeezed(page)
    assert "Render time in s, lower is better" in text
    assert "Best: Lake m1, 3.100 s." in text
    assert 'data-label="Results">10<' in page.text
    assert 'data-label="Flavors measured">2 of 3<' in page.text
    assert "Renders *one* picture" in text
    assert f'href="/benchmarks/{plain.id}/metrics">nothing yet' in page.text


def test_who_is_first_with_few_runs_is_only_so_for_now(pages, make, ray):
    flavor = make.flavor(site=make.site(name="Lake"), name="m1")
    make.result(benchmark=ray, flavor=flavor, json={"time": 3})
    told = "First so far, from fewer than five runs: Lake m1, 3.000 s."
    assert told in squeezed(pages.get("/benchmarks"))
    assert told in squeezed(pages.get("/"))


def test_the_list_costs_the_same_however_many_are_ranked(pages, make, cost):
    def fill(number):
        for _ in range(number):
            benchmark = make.benchmark(json_schema=SCHEMA)
            make.result(benchmark=benchmark, json={"time": 3})

    fill(2)
    few = cost(lambda: pages.get("/benchmarks"))
    fill(10)
    assert cost(lambda: pages.get("/benchmarks")) <= few
    assert few <= 15


def test_those_concerned_see_what_waits_for_review(pages, make):
    owner = make.user("owner")
    make.benchmark(docker_image="waiting/mine", status="on_review", uploader=owner)
    make.benchmark(docker_image="waiting/other", status="on_review")
    assert "waiting/" not in pages.get("/benchmarks").text
    own = pages.get("/benchmarks", as_="owner").text
    assert "waiting/mine" in own
    assert "waiting/other" not in own
    make.user("admin", role="admin")
    assert "waiting/other" in pages.get("/benchmarks", as_="admin").text


def test_all_pages_of_a_benchmark_lead_to_each_other(pages, ray):
    path = f"/benchmarks/{ray.id}"
    for own, name in (
        ("", "Ranking"),
        ("/run", "Run it"),
        ("/metrics", "Metrics"),
        ("/versions", "Versions"),
    ):
        page = pages.get(path + own, status=200)
        for other in ("", "/run", "/metrics", "/versions"):
            assert f'href="{path}{other}"' in page.text
        assert f'href="{path}{own}" aria-current="page">{name}<' in page.text
        hidden = page.request.path.replace(str(ray.id), str(uuid.uuid4()))
        pages.get(hidden, status=404)


def test_programs_are_sent_to_the_api(pages, ray):
    path = f"/benchmarks/{ray.id}"
    for own, service in (("", ""), ("/run", ""), ("/versions", ""), ("/metrics", "/metrics")):
        answer = pages.app.get(path + own, headers={"Accept": "application/json"}, status=303)
        assert answer.location == f"http://localhost/api/v1{path}{service}"
        pages.app.get(answer.location, status=200)


# Metrics


def test_metrics_are_told_in_words_with_where_they_come_from(pages, ray):
    page = pages.get(f"/benchmarks/{ray.id}/metrics", status=200)
    text = squeezed(page)
    assert "Ranked by Render time in s (lower is better)." in text
    assert "all, split at :" in text
    assert "setting of the workload" in text
    assert "schema, nothing but the type" in text
    assert text.index("Render time time number") < text.index("size size number")
    assert "In force" not in text


def test_guesses_come_with_reasons_and_a_request_that_accepts_them(pages, api, make):
    bare = make.benchmark(json_schema=BARE)
    path = f"/benchmarks/{bare.id}/metrics"
    page = pages.get(path, status=200)
    text = squeezed(page)
    assert "Nobody has said yet which value sums a result up" in text
    assert "latency_ms unit ms its name ends in 'ms'" in text
    assert "cpu.count parameter of the machine its name says how large the machine is" in text
    assert "The annotation 'x-beter' is not known; did you mean x-better?" in text
    url, body = sent(codes(page)["Change the catalogue or propose it, with the guesses above"])
    assert url == f"/api/v1{path}"
    api.person("admin")
    api.put(url.removeprefix("/api/v1"), body, token=api.token("admin"), status=200)
    text = squeezed(pages.get(path))
    assert "edited, version 1" in text
    assert "latency_ms unit" not in text


def test_every_version_can_be_seen_and_compared(pages, api, ray):
    path = f"/benchmarks/{ray.id}/metrics"
    api.person("admin")
    for noise, message in ((0.05, "From the manual"), (0.1, "Measured")):
        body = {"metrics": [{"path": "time", "noise": noise}], "message": message}
        api.put(path, body, token=api.token("admin"), status=200)
    page = pages.get(path, status=200)
    assert "Version 2 in force" in squeezed(page)
    assert "From the manual" in page.text
    assert "admin@example.org" not in page.text
    assert "by admin@example.org" in squeezed(pages.get(path, as_="admin"))
    first = squeezed(pages.get(f"{path}?cat=1&against=0", status=200))
    assert "This is version 1. In force is version 2." in first
    assert "time noise 2 % 5 %" in first
    assert "They say the same." in squeezed(pages.get(f"{path}?cat=1&against=1"))
    pages.get(f"{path}?cat=9", status=404)
    assert "must be" in squeezed(pages.get(f"{path}?cat=x", status=422))


def test_proposals_are_for_those_who_decide(pages, api, make):
    owner = api.person("owner")
    ray = make.benchmark(json_schema=SCHEMA, uploader=owner)
    path = f"/benchmarks/{ray.id}/metrics"
    api.put(path, {"metrics": [{"path": "time", "noise": 0.5}]}, token=api.token("owner"), status=200)
    assert "proposed" not in squeezed(pages.get(path))
    pages.get(f"{path}?cat=1", status=404)
    shown = squeezed(pages.get(f"{path}?cat=1&against=0", as_="owner", status=200))
    assert "This is version 1, which is proposed. In force is version 0." in shown
    assert "50 %" in shown


def test_a_schema_that_declares_nothing_has_a_page_that_says_so(pages, make):
    page = pages.get(f"/benchmarks/{make.benchmark(json_schema={}).id}/metrics", status=200)
    assert "The schema declares no values" in page.text


def test_many_values_are_cut_into_pages(pages, make):
    many = {"type": "object", "properties": {f"v{index:03}": {"type": "number"} for index in range(120)}}
    path = f"/benchmarks/{make.benchmark(json_schema=many).id}/metrics"
    assert "1–50 of 120" in squeezed(pages.get(path))
    assert pages.get(f"{path}?page=9", status=302).location.endswith(f"{path}?page=3")


# Run it


def test_commands_have_the_ids_of_what_was_chosen(pages, make, ray):
    site = make.site(name="Lake side")
    flavor = make.flavor(site=site, name="m1")
    path = f"/benchmarks/{ray.id}/run"
    page = pages.get(path, status=200)
    assert codes(page)["With Docker"] == "docker run --rm example/ray:1.2 > result.json"
    assert "docker://example/ray:1.2" in codes(page)["With Apptainer"]
    form = next(form for form in page.forms.values() if "site_id" in form.fields)
    form["site_id"] = str(site.id)
    page = form.submit(headers={"Accept": "text/html"})
    page = page.follow(headers={"Accept": "text/html"}) if page.status_int == 302 else page
    form = next(form for form in page.forms.values() if "flavor_id" in form.fields)
    form["flavor_id"] = str(flavor.id)
    page = pages.get(f"{path}?site_id={site.id}&flavor_id={flavor.id}", status=200)
    ids = f"benchmark_id={ray.id}&flavor_id={flavor.id}"
    assert ids in codes(page)["Upload with curl"]
    assert "https://perf.example.org/api/v1/results?$RUN" in codes(page)["Upload with curl"]
    assert "/results:validate?$RUN" in codes(page)["Have it checked, nothing is stored"]
    assert "--flavor 'Lake side/m1'" in codes(page)["Upload with the command eoscperf"]
    compile(codes(page)["Upload from Python"], "upload.py", "exec")
    assert pages.get(f"{path}?flavor_id={flavor.id}").text.count("Lake side / m1") == 1


def test_another_site_drops_the_flavor_of_the_first(pages, make, ray):
    flavor, elsewhere = make.flavor(), make.site()
    path = f"/benchmarks/{ray.id}/run"
    answer = pages.get(f"{path}?site_id={elsewhere.id}&flavor_id={flavor.id}", status=302)
    assert answer.location.endswith(f"{path}?site_id={elsewhere.id}")


def test_what_is_not_there_or_not_approved_is_marked(pages, make, ray):
    make.user("admin", role="admin")
    for key, waiting in (
        ("site_id", make.site(status="on_review")),
        ("flavor_id", make.flavor(status="on_review")),
    ):
        for identifier in (uuid.uuid4(), waiting.id):
            page = pages.get(f"/benchmarks/{ray.id}/run?{key}={identifier}", status=422)
            assert f"The {key[:-3]} {identifier} is not known here." in squeezed(page)
            assert "docker run" in page.text
        page = pages.get(f"/benchmarks/{ray.id}/run?{key}={waiting.id}", as_="admin", status=422)
        assert "is not approved; nothing can be uploaded for it" in squeezed(page)


def test_a_name_never_leaves_its_quotes(pages, make, ray):
    evil = make.benchmark(docker_image="x'; rm -rf ~ #", docker_tag="1")
    flavor = make.flavor(site=make.site(name="it's $(id)"), name="`id`")
    shown = codes(pages.get(f"/benchmarks/{evil.id}/run?flavor_id={flavor.id}", status=200))
    assert shlex.split(shown["With Docker"]) == [
        "docker",
        "run",
        "--rm",
        "x'; rm -rf ~ #:1",
        ">",
        "result.json",
    ]
    assert "it's $(id)/`id`" in shlex.split(shown["Upload with the command eoscperf"].replace("\\\n", " "))


def test_the_sample_is_the_latest_result_else_made_from_examples(pages, make, ray):
    path = f"/benchmarks/{ray.id}/run"
    assert "the schema gives no examples" in pages.get(path).text
    result = make.result(benchmark=ray, json={"time": 3.5, "all": "3.4:3.6"})
    make.result(benchmark=ray, json={"time": 99}, withdrawn=True)
    page = pages.get(path)
    assert json.loads(codes(page)["A result"]) == {"time": 3.5, "all": "3.4:3.6"}
    assert f'href="/results/{result.id}"' in page.text
    given = {
        "type": "object",
        "required": ["time", "tool"],
        "properties": {
            "time": {"type": "number", "examples": [1.5]},
            "tool": {"const": "sort"},
            "other": {"type": "string"},
        },
    }
    page = pages.get(f"/benchmarks/{make.benchmark(json_schema=given).id}/run")
    assert json.loads(codes(page)["A result"]) == {"time": 1.5, "tool": "sort"}
    assert "put together from the examples in the schema" in page.text


def test_the_schema_is_shown_and_downloaded(pages, ray):
    page = pages.get(f"/benchmarks/{ray.id}/run")
    assert json.loads(codes(page)["JSON Schema"]) == SCHEMA
    answer = page.click("Download the schema")
    assert answer.content_type == "application/schema+json"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert json.loads(answer.body) == SCHEMA


def test_a_long_schema_is_cut_and_says_so(pages, make):
    long = {
        "type": "object",
        "properties": {f"v{index}": {"title": "v", "type": "number"} for index in range(900)},
    }
    page = pages.get(f"/benchmarks/{make.benchmark(json_schema=long).id}/run")
    assert re.search(r"\d+ more lines not shown: download it", squeezed(page))


# Versions


def test_versions_are_listed_with_what_is_different(pages, make, ray):
    newer = json.loads(json.dumps(SCHEMA))
    newer["properties"]["time"]["x-unit"] = "ms"
    del newer["properties"]["all"]
    newer["properties"]["joules"] = {"type": "number"}
    later = make.benchmark(json_schema=newer, docker_image="example/ray", docker_tag="2.0")
    make.benchmark(json_schema=newer, docker_image="example/ray", docker_tag="3.0-secret", status="on_review")
    make.benchmark(docker_image="example/other", docker_tag="9")
    make.result(benchmark=ray, json={"time": 3})
    page = pages.get(f"/benchmarks/{later.id}/versions", status=200)
    text = squeezed(page)
    assert "never mixed" in text
    assert "2 versions, the latest upload first" in text
    assert "3.0-secret" not in text
    assert "Schema: from 1.2 to 2.0" in text
    assert "joules number" in text
    assert "all string" in text
    assert 'time x-unit "s" "ms"' in text
    back = squeezed(pages.get(f"/benchmarks/{ray.id}/versions?against={later.id}", status=200))
    assert "Schema: from 2.0 to 1.2" in back
    wrong = pages.get(f"/benchmarks/{ray.id}/versions?against={uuid.uuid4()}", status=422)
    assert "is no other version of this image" in squeezed(wrong)


def test_what_differs_outside_the_values_is_told_as_such(pages, make, ray):
    other = {**SCHEMA, "required": []}
    later = make.benchmark(json_schema=other, docker_image="example/ray", docker_tag="2.0")
    assert "such as what is required" in squeezed(pages.get(f"/benchmarks/{later.id}/versions"))
    same = make.benchmark(json_schema=other, docker_image="example/ray", docker_tag="3.0")
    page = pages.get(f"/benchmarks/{same.id}/versions?against={later.id}")
    assert "Both versions have the same JSON Schema." in page.text


def test_a_single_version_says_so(pages, ray):
    assert "no other version of this image" in pages.get(f"/benchmarks/{ray.id}/versions").text


def test_pages_cost_few_statements_whatever_there_is(pages, make, ray, cost):
    paths = [f"/benchmarks/{ray.id}/{own}" for own in ("run", "metrics", "versions")]
    make.result(benchmark=ray, json={"time": 3})
    few = [cost(lambda path=path: pages.get(path)) for path in paths]
    for number in range(5):
        make.benchmark(docker_image="example/ray", docker_tag=f"{number}.0")
        make.result(benchmark=ray, json={"time": 3}, flavor=make.flavor())
    assert all(cost(lambda path=path: pages.get(path)) <= most for path, most in zip(paths, few, strict=True))
    assert max(few) <= 15
