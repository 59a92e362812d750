"""The search for results, and the page of one."""

from __future__ import annotations

import datetime
import re
import uuid

import pytest

from eoscperf import jsontext

SCHEMA = {
    "type": "object",
    "properties": {
        "time": {
            "type": "number",
            "title": "Render time",
            "x-unit": "s",
            "x-better": "lower",
            "x-headline": True,
            "x-samples": "times",
        },
        "times": {"type": "array", "items": {"type": "number"}},
        "size": {"type": "integer", "title": "Size", "x-parameter": "input"},
        "cores": {"type": "integer", "title": "Cores", "x-parameter": "machine"},
        "brand": {"type": "string"},
    },
}


@pytest.fixture
def world(make):
    class World:
        benchmark = make.benchmark(json_schema=SCHEMA, docker_image="c-ray", docker_tag="1.2")
        other = make.benchmark(docker_image="io", docker_tag="2")
        site = make.site(name="CESNET <i>")
        far = make.site(name="IFCA")
        tag = make.tag("hpc")
        owner = make.user("owner")

    world = World()
    world.flavor = make.flavor(site=world.site, name="hpc.8")
    world.second = make.flavor(site=world.far, name="m.8")
    world.results = [
        make.result(
            benchmark=world.benchmark,
            flavor=world.second if number % 3 == 0 else world.flavor,
            uploader=world.owner,
            json={
                "time": 100.5 + number,
                "times": [100.5 + number, 101.5 + number],
                "size": 4,
                "cores": 16 if number == 1 else 8,
                "brand": "AMD EPYC 7742" if number % 2 else "7742",
            },
            tags=[world.tag] if number < 5 else [],
            execution_datetime=datetime.datetime(2023 + number % 2, 5, 1 + number, 12, tzinfo=datetime.UTC),
        )
        for number in range(12)
    ]
    world.foreign = make.result(benchmark=world.other, flavor=world.flavor, json={"rate": 3})
    world.of_benchmark = f"/results?benchmark_id={world.benchmark.id}"
    return world


def squeezed(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def rows(answer):
    return re.findall(r'name="pick" value="([0-9a-f-]+)"[^>]*aria-label', answer.text)


def facet(answer, title):
    """Texts and counts of one facet, and its links."""
    part = answer.text.partition(f"<h3>{title}</h3>")[2].partition("</section>")[0]
    texts = re.findall(r'class="facet-text">([^<]*)<', part)
    counts = re.findall(r'class="facet-count">(\d+)', part)
    links = [link.replace("&amp;", "&") for link in re.findall(r'<a href="([^"]+)"', part)]
    return dict(zip(texts, map(int, counts), strict=True)), dict(zip(texts, links, strict=False))


def table_form(answer):
    return next(form for form in answer.forms.values() if "to" in form.fields)


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
    assert "Render time" not in squeezed(page)


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
    assert "Executed before 2024-08-01" in squeezed(part)


def test_choosing_sites_takes_the_flavor_off(pages, world):
    chosen = pages.get(f"/results?site_id={world.site.id}&flavor_id={world.flavor.id}")
    link = facet(chosen, "Site")[1]["CESNET &lt;i&gt;"]
    assert link == "/results"
    alone = pages.get(f"/results?site_id={world.site.id}")
    assert facet(alone, "Site")[0] == {"CESNET &lt;i&gt;": 9, "IFCA": 4}


def test_conditions_are_chips_that_can_be_taken_away(pages, world):
    query = (
        f"terms=c-ray&site_id={world.site.id}&tags_ids={world.tag.id}"
        "&execution_after=2023-01-02&filters=size+%3D%3D+4"
    )
    page = pages.get(f"/results?{query}", status=200)
    chips = page.text.partition('aria-label="Conditions"')[2].partition("</ul>")[0]
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", chips))
    for chip in ("Word c-ray", "Site CESNET &lt;i&gt;", "Tag hpc", "Executed after 2023-01-02", "size == 4"):
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
    left = re.search(r'<a href="([^"]+)">Left<span class="visually-hidden">: brand', added.text)
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
    assert "curl -sS" in page.text
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


def test_a_result_shows_what_was_measured(pages, world, cost):
    result = world.results[1]
    page = pages.get(f"/results/{result.id}", status=200)
    text = squeezed(page)
    assert "c-ray:1.2 on CESNET &lt;i&gt; / hpc.8" in text
    assert "101.5 s" in text
    assert "lower is better" in text
    assert "2 samples from 101.5 to 102.5, median 102.0 s." in text
    assert page.text.count('class="chart-dot"') == 2
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
