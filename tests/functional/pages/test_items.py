"""The pages of a site, a flavor, a tag; the first page."""

from __future__ import annotations

import re
import uuid

import pytest


@pytest.fixture
def world(make):
    class World:
        site = make.site(name="Lake", address="https://lake.example.org", description="**Big** <b>lake</b>")
        flavor = make.flavor(site=site, name="m1", description="Eight cores")
        tag = make.tag("hpc")

    leaf = {"type": "object", "properties": {"count": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"machine": leaf, "score": {"type": "number"}}}
    World.benchmark = make.benchmark(docker_image="example/ray", json_schema=schema)
    World.results = [
        make.result(
            flavor=World.flavor,
            benchmark=World.benchmark,
            json={"machine": {"count": count}, "score": 1.5},
            tags=[World.tag],
        )
        for count in (8, 8, 16)
    ]
    return World


def test_a_site_shows_its_flavors_and_what_was_measured(pages, world):
    page = pages.get(f"/sites/{world.site.id}", status=200)
    assert "<strong>Big</strong>" in page.text
    assert "<b>lake" not in page.text
    assert f"/flavors/{world.flavor.id}" in page.text
    assert "example/ray:1.0" in page.text
    assert "Newest results" in page.text
    assert 'href="https://lake.example.org" rel="nofollow ugc noopener"' in page.text


def test_an_address_that_is_no_link_stays_text(pages, make):
    site = make.site(address="javascript:alert(1)")
    page = pages.app.get(f"/sites/{site.id}", headers={"Accept": "text/html"})
    assert 'href="javascript' not in page.text


def test_a_site_without_anything_says_so(pages, make):
    page = pages.get(f"/sites/{make.site().id}", status=200)
    assert "No flavors yet" in page.text
    assert "No results here yet" in page.text


def test_a_flavor_shows_what_its_machines_say_they_are(pages, world):
    page = pages.get(f"/flavors/{world.flavor.id}", status=200)
    assert "machine.count" in page.text
    assert re.search(r"<strong>8</strong> <span class=\"quiet\">\(2 results\)</span>, <strong>16", page.text)
    assert "Results name 2 different values of machine.count" in page.text
    assert f'href="/sites/{world.site.id}">Lake</a>' in page.text


def test_a_tag_shows_which_benchmarks_have_results_with_it(pages, world):
    page = pages.get(f"/tags/{world.tag.id}", status=200)
    assert "3 results with this tag" in page.text
    assert "example/ray:1.0" in page.text


def test_a_tag_without_results_says_so(pages, make):
    assert "No results with this tag" in pages.get(f"/tags/{make.tag().id}").text


@pytest.mark.parametrize("kind", ["sites", "flavors", "tags"])
def test_an_unknown_id_and_a_malformed_one_are_not_found(pages, kind):
    assert "Not found" in pages.get(f"/{kind}/{uuid.uuid4()}", status=404).text
    pages.get(f"/{kind}/nothing", status=404)


def test_what_waits_for_review_is_seen_by_its_uploader_and_administrators(pages, make):
    owner = make.user("owner")
    site = make.site(status="on_review", uploader=owner)
    pages.get(f"/sites/{site.id}", status=404)
    pages.get(f"/sites/{site.id}", as_="somebody", status=404)
    assert "waiting for review" in pages.get(f"/sites/{site.id}", as_=owner, status=200).text
    pages.get(f"/sites/{site.id}", as_="admin", status=200)


@pytest.mark.parametrize("kind", ["site", "flavor", "tag"])
def test_programs_are_sent_to_the_api_of_the_same_thing(pages, world, kind):
    identifier = getattr(world, kind).id
    answer = pages.app.get(f"/{kind}s/{identifier}", headers={"Accept": "application/json"}, status=303)
    assert answer.location == f"http://localhost/api/v1/{kind}s/{identifier}"
    pages.app.get(answer.location, status=200)


@pytest.mark.parametrize("path", ["/sites/{site.id}", "/flavors/{flavor.id}", "/tags/{tag.id}", "/"])
def test_a_page_costs_few_statements_whatever_there_is(pages, make, world, cost, path):
    path = path.format(**{name: getattr(world, name) for name in ("site", "flavor", "tag")})
    few = cost(lambda: pages.get(path))
    for _ in range(5):
        other = make.flavor(site=world.site)
        make.result(flavor=other, benchmark=world.benchmark, tags=[world.tag])
        make.result(flavor=world.flavor, benchmark=world.benchmark)
    assert cost(lambda: pages.get(path)) <= few
    assert few <= 15


def test_the_first_page_of_an_empty_installation_tells_the_first_steps(pages):
    page = pages.get("/", status=200)
    assert "eoscperf-admin demo load" in page.text


def test_the_first_page_counts_what_everybody_sees(pages, make, world):
    make.result(flavor=world.flavor, benchmark=world.benchmark, withdrawn=True)
    make.site(status="on_review")
    page = pages.get("/", status=200)
    figures = dict(re.findall(r"<dt>(?:<a[^>]*>)?(\w+)(?:</a>)?</dt><dd>(\d+)</dd>", page.text))
    assert figures == {"Results": "3", "Benchmarks": "1", "Sites": "1", "Flavors": "1"}
    assert "3 results on 1 of 1 flavor" in page.text
    assert page.text.count("/api/v1/results/") + page.text.count('href="/results/') == 3


def test_results_of_a_hidden_flavor_are_nowhere(pages, make, world):
    hidden = make.flavor(site=world.site, name="hidden-flavor", status="rejected")
    result = make.result(flavor=hidden, benchmark=world.benchmark)
    for path in ("/", f"/sites/{world.site.id}", f"/flavors/{world.flavor.id}"):
        text = pages.get(path).text
        assert str(result.id) not in text
        assert "hidden-flavor" not in text
