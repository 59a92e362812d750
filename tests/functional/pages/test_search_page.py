"""The search for results."""

from __future__ import annotations

import re
import uuid

import pytest

from tests.functional.pages.measured import facet, rows, squeezed, table_form
from tests.functional.pages.measured import world as world


def test_the_search_shows_what_is_there_newest_upload_first_with_facets(pages, world):
    page = pages.get("/results", status=200)
    assert rows(page)[0] == str(world.foreign.id)
    assert len(rows(page)) == 13
    assert "13 results" in squeezed(page)
    assert facet(page, "Benchmark")[0] == {"c-ray:1.2": 12, "io:2": 1}
    assert facet(page, "Site")[0] == {"CESNET &lt;i&gt;": 9, "IFCA": 4}
    assert facet(page, "Site / flavor")[0] == {"CESNET &lt;i&gt; / hpc.8": 9, "IFCA / m.8": 4}
    assert facet(page, "Tag")[0] == {"hpc": 5}
    assert facet(page, "Year of execution")[0] == {"2024": 7, "2023": 6}
    assert "Render time 111.5 s" in squeezed(page)
    assert 'aria-sort="ascending"' not in page.text


def test_one_benchmark_brings_its_metrics_parameters_and_facets(pages, world):
    page = pages.get(facet(pages.get("/results"), "Benchmark")[1]["c-ray:1.2"], status=200)
    text = squeezed(page)
    assert len(rows(page)) == 12
    assert "Render time [s]" in text
    assert "lower is better" in text
    assert "111.5" in text
    assert facet(page, "Cores")[0] == {"8": 11, "16": 1}
    narrowed = pages.get(facet(page, "Cores")[1]["16"], status=200)
    assert rows(narrowed) == [str(world.results[1].id)]
    assert "cores == 16" in squeezed(narrowed)
    both = pages.get(facet(narrowed, "Cores")[1]["8"], status=200)
    assert "cores in [16, 8]" in squeezed(both)
    assert len(rows(both)) == 12


def test_facets_count_what_they_lead_to(pages, world):
    start = pages.get(world.of_benchmark)
    for title in ("Site", "Site / flavor", "Tag", "Year of execution"):
        counts, links = facet(start, title)
        for text, link in links.items():
            assert len(rows(pages.get(link, status=200))) == counts[text], text


def test_long_facets_are_unfolded(pages, make):
    benchmark = make.benchmark()
    for number in range(13):
        make.result(benchmark=benchmark, flavor=make.flavor(site=make.site(name=f"site-{number:02}")))
    page = pages.get("/results")
    assert len(facet(page, "Site")[0]) == 10
    link = re.search(r'<a href="(/results\?facet=site)">3 more</a>', page.text)
    unfolded = pages.get(link[1], status=200)
    assert len(facet(unfolded, "Site")[0]) == 13
    assert len(facet(unfolded, "Site / flavor")[0]) == 10
    assert '<a href="/results">Fewer' in unfolded.text


def test_a_year_is_one_condition_and_a_part_of_it_is_not_called_the_year(pages, world):
    page = pages.get(facet(pages.get("/results"), "Year of execution")[1]["2023"])
    assert "Executed in 2023" in re.sub(r"\s+", " ", squeezed(page))
    assert facet(page, "Year of execution")[1]["2023"] == "/results"
    part = pages.get("/results?execution_after=2024-03-01&execution_before=2024-08-01")
    assert "Executed in" not in squeezed(part)
    assert "Executed before 00:00 UTC on 2024-08-01" in squeezed(part)


def test_another_site_takes_the_flavors_of_others_off_and_keeps_its_own(pages, world):
    chosen = pages.get(f"/results?site_id={world.site.id}&flavor_id={world.flavor.id}")
    links = facet(chosen, "Site")[1]
    assert links["CESNET &lt;i&gt;"] == f"/results?flavor_id={world.flavor.id}"
    both = pages.get(links["IFCA"], status=200)
    assert f"flavor_id={world.flavor.id}" in both.request.query_string
    alone = facet(both, "Site")[1]["CESNET &lt;i&gt;"]
    assert alone == f"/results?site_id={world.far.id}"
    removed = re.search(r'Site</span> CESNET &lt;i&gt;\s+<a href="([^"]+)" class="chip-remove"', both.text)
    assert removed[1] == alone


def test_conditions_are_chips_that_can_be_taken_away(pages, world):
    query = (
        f"terms=c-ray&site_id={world.site.id}&tags_ids={world.tag.id}"
        "&execution_after=2023-01-02&filters=size+%3D%3D+4"
    )
    page = pages.get(f"/results?{query}", status=200)
    chips = page.text.partition('aria-label="Conditions"')[2].partition("</ul>")[0]
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", chips))
    dates = "Executed after 00:00 UTC on 2023-01-02"
    for chip in ("Word c-ray", "Site CESNET &lt;i&gt;", "Tag hpc", dates, "size == 4"):
        assert chip in said
    links = re.findall(r'<a href="([^"]+)" class="chip-remove"', chips)
    assert len(links) == 5
    assert all("&amp;".join(link.split("&amp;")) != query for link in links)


def test_the_builder_writes_filters(pages, world):
    form = pages.get(world.of_benchmark).forms[0]
    form["f_path"], form["f_op"], form["f_value"] = "cores", "between", "10 .. 20"
    page = form.submit(headers={"Accept": "text/html"})
    assert page.location.endswith("&filters=cores+%3E%3D+10&filters=cores+%3C%3D+20")
    shown = pages.get(page.location, status=200)
    assert rows(shown) == [str(world.results[1].id)]
    assert [field.value for field in shown.forms[0].fields["f_path"]] == ["cores", "cores", ""]


def test_text_that_looks_like_a_number_is_text_where_text_is_declared(pages, world):
    form = pages.get(world.of_benchmark).forms[0]
    form["f_path"], form["f_value"] = "brand", "7742"
    page = pages.get(form.submit(headers={"Accept": "text/html"}).location, status=200)
    assert 'brand == "7742"' in page.text.replace("&#34;", '"')
    assert len(rows(page)) == 6
    blank = form = page.forms[0]
    blank.fields["f_value"][0].value = "AMD EPYC 7742"
    assert len(rows(pages.get(form.submit(headers={"Accept": "text/html"}).location))) == 6


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("f_path=cores&f_op===&f_value=", "lacks a value"),
        ("f_path=&f_op===&f_value=4", "lacks a path"),
        ("f_path=cores&f_op=between&f_value=4", "Between takes two values"),
        ("filters=cores+is+4", "&#39;is&#39; is no operator"),
        ("filters=cores+%3E", "The value is missing after"),
        ("execution_after=yesterday", "must be a datetime"),
        ("per_page=1000", "must be 1..100"),
        ("sort_by=beauty", "sort_by"),
        ("columns=a..b", "empty segment"),
        ("benchmark_id=7", "must be a UUID"),
        ("status=lost", "must be one of"),
        ("uploader=me", "Log in"),
        ("&".join(f"pick={uuid.uuid4()}" for _ in range(51)), "at most 50 items"),
    ],
)
def test_what_cannot_be_asked_is_said_and_shows_no_rows(pages, world, query, sentence):
    page = pages.get(f"/results?{query}", status=422)
    assert sentence in squeezed(page)
    assert rows(page) == []
    assert "facet" not in page.text.partition("<main")[2]


def test_a_wrong_row_of_the_builder_is_marked_and_keeps_what_was_typed(pages, world):
    page = pages.get("/results?f_path=a&f_op=%3E&f_value=1&f_path=cores&f_op=%3C&f_value=", status=422)
    fields = page.forms[0].fields
    assert [field.value for field in fields["f_path"]] == ["a", "cores", ""]
    assert [field.value for field in fields["f_op"]] == [">", "<", "=="]
    assert page.text.count('class="condition field-wrong"') == 1


def test_columns_are_added_moved_and_taken_away(pages, world):
    page = pages.get(world.of_benchmark)
    form = next(form for form in page.forms.values() if "columns" in form.fields)
    form.fields["columns"][-1].value = "brand"
    added = pages.get(form.submit(headers={"Accept": "text/html"}).request.url)
    assert "AMD EPYC 7742" in squeezed(added)
    assert added.request.query_string.endswith("columns=time&columns=size&columns=cores&columns=brand")
    left = re.search(r'<a href="([^"]+)">Up<span class="visually-hidden">: brand', added.text)
    assert left[1].replace("&amp;", "&").endswith("columns=time&columns=size&columns=brand&columns=cores")


def test_a_value_that_some_results_lack_is_no_value(pages, world):
    page = pages.get("/results?columns=rate", status=200)
    assert squeezed(page).count("no value") >= 12


def test_headings_sort_also_by_values(pages, world):
    page = pages.get(f"{world.of_benchmark}&sort_by=-json.time", status=200)
    assert rows(page)[0] == str(world.results[11].id)
    assert 'aria-sort="descending"' in page.text
    assert rows(pages.get(f"{world.of_benchmark}&sort_by=%2Bsite_name"))[0] in {
        str(one.id) for one in world.results if one.site_id == world.site.id
    }


def test_picks_stay_on_other_pages_and_lead_to_the_comparison(pages, world):
    page = pages.get("/results?per_page=10")
    form = table_form(page)
    form.fields["pick"][2].checked = True
    kept = pages.get(form.submit(headers={"Accept": "text/html"}).request.url, status=200)
    assert "Compare 1 result" in squeezed(kept)
    second = pages.get(kept.request.path_qs + "&page=2", status=302)
    second = pages.get(second.location, status=200)
    form = table_form(second)
    form.fields["pick"][1].checked = True
    answer = form.submit("to", headers={"Accept": "text/html"})
    assert answer.status_int == 303
    assert answer.location.count("item=result:") == 2
    assert pages.get(answer.location, status=200)


def test_the_same_is_offered_as_files_code_and_api(pages, world):
    page = pages.get(f"{world.of_benchmark}&filters=size+%3D%3D+4&per_page=10")
    links = re.findall(r'<a href="(/api/v1/results\?[^"]+)"', page.text)
    assert len(links) >= 4
    for link in links:
        link = link.replace("&amp;", "&")
        if "format=parquet" not in link:
            answer = pages.app.get(link, status=200)
            assert str(world.results[0].id) in answer.text
    assert "curl -fsS -o results.csv" in page.text
    assert "to_dataframe(" in page.text
    csv = next(link.replace("&amp;", "&") for link in links if "format=csv" in link)
    assert pages.app.get(csv).text.count("\n") == 13


def test_nothing_found_offers_to_take_conditions_away(pages, world):
    page = pages.get("/results?terms=nowhere", status=200)
    assert "No result meets all conditions" in squeezed(page)
    assert '<a href="/results">see all results</a>' in page.text


def test_an_empty_platform_says_what_to_do(pages):
    assert "There are no results yet" in squeezed(pages.get("/results", status=200))


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("?terms=a+b&page=1", "?terms=a&terms=b"),
        ("?sort_by=-upload_datetime&per_page=20", ""),
        ("?filters=&nonsense=1&status=", ""),
        ("?columns=b&terms=a&columns=c", "?terms=a&columns=b&columns=c"),
    ],
)
def test_an_address_has_one_form(pages, asked, canonical):
    assert pages.get("/results" + asked, status=302).location == f"http://localhost/results{canonical}"


def test_own_results_are_found_in_all_states(pages, world, make):
    make.result(benchmark=world.benchmark, flavor=world.flavor, uploader=world.owner, withdrawn=True)
    page = pages.get("/results?uploader=me", as_=world.owner, status=200)
    assert len(rows(page)) == 13
    assert "withdrawn" in squeezed(page)


def test_the_number_of_statements_does_not_grow(pages, world, make, cost):
    everything = (
        f"/results?terms=c-ray&benchmark_id={world.benchmark.id}&site_id={world.site.id}&flavor_id={world.flavor.id}&tags_ids={world.tag.id}"
        "&execution_after=2022-12-31T23:59:59.999999Z&execution_before=2024-01-01"
        "&filters=cores+%3D%3D+8&filters=size+%3D%3D+4&sort_by=-json.time"
    )
    few = cost(lambda: pages.get("/results", status=200))
    many = cost(lambda: pages.get(everything, status=200))
    for number in range(30):
        make.result(benchmark=world.benchmark, flavor=world.flavor, json={"time": number, "cores": number})
    assert cost(lambda: pages.get("/results?per_page=100", status=200)) == few
    assert max(few, many) <= 15, (few, many)
