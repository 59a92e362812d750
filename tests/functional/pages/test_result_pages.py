"""The page of one result."""

from __future__ import annotations

import re
import uuid
from html import unescape

import pytest

from eoscperf import jsontext
from tests.functional.pages.measured import squeezed
from tests.functional.pages.measured import world as world


def test_a_result_shows_what_was_measured(pages, world, cost):
    result = world.results[1]
    page = pages.get(f"/results/{result.id}", status=200)
    text = squeezed(page)
    assert "c-ray:1.2 on CESNET &lt;i&gt; / hpc.8" in text
    assert "101.5 s" in text
    assert "lower is better" in text
    assert "2 samples from 101.5 to 102.5, median 102.0 s;" in text
    assert page.text.count('class="chart-dot ink-1"') == 2
    assert "Cores 16" in text
    assert "Size 4" in text
    assert "self-reported" in text
    assert "@misc{result-" in text
    assert f"/api/v1/results/{result.id}" in page.text
    assert "owner@example.org" not in page.text
    assert "brand" in text
    assert str(world.results[2].id) in page.text
    assert str(world.results[0].id) not in page.text.partition("Other runs here")[2]
    assert cost(lambda: pages.get(f"/results/{result.id}")) <= 15


def test_the_digest_is_that_of_the_document(pages, world):
    import hashlib

    text = jsontext.dumps(jsontext.loads_stored(world.foreign.json))
    assert hashlib.sha256(text.encode()).hexdigest() in pages.get(f"/results/{world.foreign.id}").text


def test_uploader_and_administrators_see_who_uploaded(pages, world, make):
    path = f"/results/{world.results[0].id}"
    assert "owner@example.org" in pages.get(path, as_=world.owner).text
    assert "owner@example.org" in pages.get(path, as_=make.user("boss", role="admin")).text
    assert "owner@example.org" not in pages.get(path, as_=make.user("other")).text


def test_what_a_ci_system_vouches_for_is_shown(pages, world, make):
    run = {"repository": "acme/bench", "commit": "5f3b", "run_url": "https://ci.example.org/1"}
    told = make.result(benchmark=world.benchmark, flavor=world.flavor, provenance=jsontext.dumps(run))
    page = pages.get(f"/results/{told.id}", status=200)
    assert "uploaded by CI" in squeezed(page)
    assert 'href="https://ci.example.org/1"' in page.text
    run["run_url"] = "javascript:alert(1)"
    bad = make.result(benchmark=world.benchmark, flavor=world.flavor, provenance=jsontext.dumps(run))
    assert "alert(1)" not in pages.get(f"/results/{bad.id}", status=200).text


@pytest.mark.parametrize("how", ["withdrawn", "removed"])
def test_of_a_result_that_is_gone_a_tombstone_is_left(pages, world, make, how):
    gone = make.result(
        benchmark=world.benchmark,
        flavor=world.flavor,
        uploader=world.owner,
        json={"time": 4711},
        **{how: True},
    )
    page = pages.get(f"/results/{gone.id}", status=410)
    text = squeezed(page)
    assert f"This result was {how}" in text
    assert "c-ray:1.2" in text
    assert str(gone.id) in text
    assert "4711" not in text
    assert "4711" in pages.get(f"/results/{gone.id}", as_=world.owner, status=200).text.replace("\u202f", "")


def test_what_was_done_with_a_result_is_told_without_who_and_why(pages, world, api):
    path = f"/results/{world.results[0].id}"
    api.post(f"{path}:withdraw", {"message": "My mistake."}, as_=world.owner, status=204)
    api.post(f"{path}:restore", {"message": "It was none."}, as_=world.owner, status=204)
    text = squeezed(pages.get(path, status=200))
    assert "brought back" in text
    assert "withdrawn by its uploader" in text
    assert "mistake" not in text


def test_results_that_replace_each_other_are_linked(pages, world, make):
    old, new = world.results[0], world.results[3]
    old.superseded_by_id, new.supersedes_id = new.id, old.id
    make.session.commit()
    assert f'href="/results/{new.id}">a later one' in pages.get(f"/results/{old.id}").text
    assert f'href="/results/{old.id}">an earlier result' in pages.get(f"/results/{new.id}").text


def test_a_tombstone_tells_nothing_of_what_is_not_public(pages, world, make):
    hidden = make.site(name="secret-site", status="deleted")
    flavor = make.flavor(site=hidden, name="secret-flavor", status="deleted")
    gone = make.result(benchmark=world.benchmark, flavor=flavor, removed=True)
    assert "secret" not in pages.get(f"/results/{gone.id}", status=410).text


def test_an_unknown_result_is_not_found(pages, world, make):
    assert pages.get(f"/results/{uuid.uuid4()}", status=404)
    assert pages.get("/results/7", status=404)
    waiting = make.benchmark(status="on_review")
    assert pages.get(f"/results/{make.result(benchmark=waiting).id}", status=404)


def test_a_large_document_is_linked_and_a_small_one_is_a_tree(pages, make):
    large = make.result(json={"values": list(range(3000))})
    assert "too large to be shown" in squeezed(pages.get(f"/results/{large.id}", status=200))
    small = make.result(json={"a": {"b": [1, {"c": "<b>"}]}, "none": None, "e": {}})
    page = pages.get(f"/results/{small.id}", status=200)
    assert "&lt;b&gt;" in page.text
    assert "a 1 member" in squeezed(page)


def test_programs_get_the_data(pages, world):
    path = f"/results/{world.foreign.id}"
    answer = pages.app.get(path, headers={"Accept": "application/json"}, status=303)
    assert answer.location.endswith(f"/api/v1{path}")


def test_a_value_stands_beside_its_peers(pages, world, make, cost):
    def here(result):
        return squeezed(pages.get(f"/results/{result.id}", status=200))

    text = here(world.results[1])
    assert "1 other flavor with runs like this; a share is told from 10 on." in text
    assert "Here: median 106.5 s" in text
    assert "8 runs from 1 source" in text
    for number in range(10):
        flavor = make.flavor(site=world.far, name=f"peer-{number}")
        json = {"time": 90.0 + 5 * number, "size": 4}
        make.result(benchmark=world.benchmark, flavor=flavor, json=json)
    text = here(world.results[1])
    # 105, 110, ... 135 and the one at 105.0 of the other site are slower than 101.5.
    assert "better than 73 % of 11 other flavors, by Render time" in text
    assert "eoscperf-stats-1" in text
    odd = make.result(benchmark=world.benchmark, flavor=world.flavor, json={"time": 3, "size": 9})
    text = here(odd)
    assert "No other flavor has runs like this." in text
    assert "better than" not in text
    assert cost(lambda: here(odd)) <= 15


def test_who_else_found_the_same_is_counted(pages, world, make):
    def reproduced(result):
        found = re.search(
            r"reproduced by ([^ ]+ other sources?)", squeezed(pages.get(f"/results/{result.id}"))
        )
        return found and found[1].replace("\xa0", " ")

    flavor = make.flavor(site=world.site, name="quiet")
    first, other, third = (make.user(name) for name in ("first", "second", "third"))
    one = make.result(benchmark=world.benchmark, flavor=flavor, uploader=first, json={"time": 100, "size": 4})
    make.result(benchmark=world.benchmark, flavor=flavor, uploader=first, json={"time": 100.1, "size": 4})
    assert reproduced(one) is None
    make.result(benchmark=world.benchmark, flavor=flavor, uploader=other, json={"time": 101, "size": 4})
    assert reproduced(one) == "1 other source"
    make.result(benchmark=world.benchmark, flavor=flavor, uploader=third, json={"time": 150, "size": 4})
    assert reproduced(one) == "1 other source"
    make.result(benchmark=world.benchmark, flavor=flavor, uploader=third, json={"time": 50, "size": 4})
    assert reproduced(one) == "2 other sources"


def test_what_one_number_for_many_samples_hides_is_said(pages, world, make):
    json = {"time": 110.0, "times": [100.0, 101.0, 100.5, 99.5, 149.0], "size": 4}
    result = make.result(benchmark=world.benchmark, flavor=world.flavor, json=json)
    page = pages.get(f"/results/{result.id}", status=200)
    text = squeezed(page)
    assert "5 samples from 99.50 to 149.0, median 100.5 s; from the smallest to the greatest is 49 %" in text
    assert "The stated value, 110.0 s, is 9.5 % above the median of its samples." in text
    assert "Sample 5 is furthest away: 149.0 s, 48 % above the median. Without it the others" in text
    assert page.text.count('class="figure-name"') == 2
    assert re.search(r"5 149\.0 48 % above furthest", text)
    steady = make.result(benchmark=world.benchmark, flavor=world.flavor, json={"time": 7, "times": [7, 7]})
    text = squeezed(pages.get(f"/results/{steady.id}", status=200))
    assert "furthest" not in text
    assert "stated value" not in text


def test_the_schema_has_its_say(pages, world, make):
    def badge(result):
        return re.search(r"(valid|does not fit|no schema)", squeezed(pages.get(f"/results/{result.id}")))[1]

    assert badge(world.results[0]) == "valid"
    wrong = make.result(benchmark=world.benchmark, flavor=world.flavor, json={"time": "long"})
    assert badge(wrong) == "does not fit"
    bare = make.benchmark(json_schema={}, docker_image="bare")
    assert badge(make.result(benchmark=bare, flavor=world.flavor, json={"a": 1})) == "no schema"


def test_a_result_is_cited_and_fetched(pages, world):
    result = world.results[1]
    page = pages.get(f"/results/{result.id}", status=200)
    text = unescape(page.text)
    assert f"url = {{https://perf.example.org/results/{result.id}}}" in text
    assert re.search(r"retrieved \d{4}-\d\d-\d\d, licence and terms: \\url\{https://", text)
    assert f"curl -fsS 'https://perf.example.org/api/v1/results/{result.id}'" in text
    assert f'client.results.get("{result.id}")' in text
    assert "library(jsonlite)" in text
