"""Lists of sites, benchmarks and tags: addresses, searching, pages, what they cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from eoscperf.testing.factories import Make

LISTS = ("/sites", "/benchmarks", "/tags")


def fill(make: Make, path: str, number: int) -> None:
    for index in range(number):
        name = f"item-{index:03}"
        if path == "/sites":
            make.flavor(site=make.site(name=name))
        elif path == "/benchmarks":
            make.benchmark(docker_image=f"example/{name}")
        else:
            make.tag(name)


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_list_says_what_to_do_next(pages, path):
    page = pages.get(path, status=200)
    assert "yet" in page.text
    assert "/api/v1/" in page.text


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_cut_into_pages_with_an_address_each(pages, make, path):
    fill(make, path, 45)
    page = pages.get(path, status=200)
    assert "1–20 of 45" in page.text
    assert f'href="{path}?page=3" rel="last"' in page.text
    second = page.click(href=r"\?page=2$", index=0)
    assert "21–40 of 45" in second.text
    assert f'href="{path}" rel="first"' in second.text
    assert "item-020" in second.text
    assert "item-019" not in second.text


@pytest.mark.parametrize("path", LISTS)
def test_a_page_past_the_end_leads_to_the_last(pages, make, path):
    fill(make, path, 45)
    assert pages.get(f"{path}?page=99", status=302).location == f"http://localhost{path}?page=3"
    assert pages.get(f"{path}?terms=nothing&page=2", status=302).location.endswith(f"{path}?terms=nothing")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("?page=1", ""),
        ("?terms=&per_page=20", ""),
        ("?terms=two+words", "?terms=two&terms=words"),
        ("?terms=a&terms=a", "?terms=a"),
        ("?per_page=50&terms=a", "?terms=a&per_page=50"),
        ("?unknown=1&terms=a", "?terms=a"),
        ("?terms=%20a%20", "?terms=a"),
    ],
)
def test_an_address_has_one_form(pages, path, asked, canonical):
    answer = pages.get(path + asked, status=302)
    assert answer.location == f"http://localhost{path}{canonical}"
    assert pages.get(answer.location).status_int == 200


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "query", ["page=x", "per_page=0", "per_page=101", "sort_by=nothing", "page=1&page=2", "terms=%00"]
)
def test_a_bad_value_shows_no_rows_and_says_why(pages, make, path, query):
    fill(make, path, 1)
    page = pages.get(f"{path}?{query}", status=422)
    assert "item-000" not in page.text
    assert 'role="alert"' in page.text


@pytest.mark.parametrize("path", LISTS)
def test_words_narrow_a_list_and_can_be_taken_away_one_by_one(pages, make, path):
    fill(make, path, 3)
    form = pages.get(path).forms[0]
    form["terms"] = "item 002"
    page = form.submit().follow(headers={"Accept": "text/html"})
    assert "item-002" in page.text
    assert "item-001" not in page.text
    assert f'href="{path}?terms=item"' in page.text
    assert "Clear all" in page.text
    assert page.forms[0]["terms"].value == "item 002"


@pytest.mark.parametrize("path", LISTS)
def test_a_heading_sorts_up_then_down(pages, make, path):
    fill(make, path, 2)
    page = pages.get(path)
    assert 'aria-sort="ascending"' in page.text
    name = "docker_image" if path == "/benchmarks" else "name"
    page = page.click(href=rf"\?sort_by=-{name}$")
    assert 'aria-sort="descending"' in page.text
    assert page.text.index("item-001") < page.text.index("item-000")


@pytest.mark.parametrize("path", LISTS)
def test_what_others_wrote_is_shown_as_text(pages, make, path):
    evil = "<script>alert(1)</script>"
    if path == "/sites":
        make.site(name=evil, description=evil)
    elif path == "/benchmarks":
        make.benchmark(description=evil)
    else:
        make.tag(evil, description=evil)
    assert evil not in pages.get(path).text


@pytest.mark.parametrize("path", LISTS)
def test_programs_are_sent_to_the_api(pages, path):
    answer = pages.app.get(path, headers={"Accept": "application/json"}, status=303)
    assert answer.location == f"http://localhost/api/v1{path}"
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_the_same_whatever_its_length(
    pages: Any, make: Make, path: str, cost: Callable[[Callable[[], Any]], int]
) -> None:
    fill(make, path, 2)
    few = cost(lambda: pages.get(path))
    fill_more = Make(make.session)
    for index in range(18):
        name = f"more-{index:03}"
        if path == "/sites":
            fill_more.flavor(site=fill_more.site(name=name))
        elif path == "/benchmarks":
            fill_more.benchmark(docker_image=f"example/{name}")
        else:
            fill_more.tag(name)
    assert cost(lambda: pages.get(path)) == few
    assert few <= 15


def test_only_what_is_approved_is_listed(pages, make):
    make.site(name="waiting-site", status="on_review")
    make.benchmark(docker_image="waiting/benchmark", status="on_review")
    assert "waiting-site" not in pages.get("/sites", as_="admin").text
    assert "waiting/benchmark" not in pages.get("/benchmarks").text


def test_lists_tell_how_much_was_measured(pages, make):
    site = make.site(name="measured")
    flavor, benchmark, tag = make.flavor(site=site), make.benchmark(docker_image="m/b"), make.tag("t")
    for _ in range(3):
        make.result(flavor=flavor, benchmark=benchmark, tags=[tag])
    make.result(flavor=flavor, benchmark=benchmark, withdrawn=True)
    hidden = make.flavor(site=site, status="deleted")
    make.result(flavor=hidden, benchmark=benchmark)
    for path in LISTS:
        assert 'data-label="Results">3<' in pages.get(path).text, path
    assert 'data-label="Flavors measured">1 of 1<' in pages.get("/sites").text
