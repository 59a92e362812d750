"""The page of a benchmark with its ranking, the comparison, and how numbers become verdicts."""

from __future__ import annotations

import re
import uuid

import pytest

FAST = (100.0, 101.0, 99.0, 100.5, 99.5)
SLOW = (112.0, 111.0, 113.0, 112.5, 111.5)

SCHEMA = {
    "type": "object",
    "properties": {
        "time": {
            "type": "number",
            "title": "Render time",
            "x-unit": "s",
            "x-better": "lower",
            "x-headline": True,
        },
        "size": {"type": "integer", "title": "Size", "x-parameter": "input"},
        "cores": {"type": "integer", "x-parameter": "machine"},
    },
}


@pytest.fixture
def world(make):
    class World:
        benchmark = make.benchmark(
            json_schema=SCHEMA, docker_image="c-ray", docker_tag="1.2", description="*Rays*"
        )
        site = make.site(name="CESNET <i>")

        def run(self, flavor, *times, **more):
            for time in times:
                who = make.user(f"person-{uuid.uuid4()}")
                json = {"time": time, "size": 4, "cores": 8, **more}
                make.result(json=json, benchmark=self.benchmark, flavor=flavor, uploader=who)

    world = World()
    world.flavors = [make.flavor(site=world.site, name=name) for name in ("hpc.8", "m.8", "x.8")]
    world.run(world.flavors[0], *SLOW)
    world.run(world.flavors[1], *FAST)
    world.run(world.flavors[2], 300.0, 310.0)
    world.run(world.flavors[2], 1.0, size=8)
    world.path = f"/benchmarks/{world.benchmark.id}"
    world.item = [f"flavor:{flavor.id}" for flavor in world.flavors]
    return world


def squeezed(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_a_benchmark_shows_its_ranking_in_words_numbers_and_a_drawing(pages, world):
    page = pages.get(world.path, status=200)
    text = squeezed(page)
    assert "Best: CESNET &lt;i&gt; m.8, 100.0 s." in text
    assert "CESNET &lt;i&gt; hpc.8 is 11 % slower than CESNET &lt;i&gt; m.8" in text
    assert "Too few runs" in text
    assert "(3)" in text
    assert "Render time in s, lower is better" in text
    assert "Runs with Size 4 ; others are never mixed in." in text
    assert "<em>Rays</em>" in page.text
    assert page.text.count('<rect class="chart-bar') == 3
    assert page.text.count('class="chart-whisker"') == 2
    assert page.text.count('class="chart-run"') == 2
    assert f'value="{world.item[0]}"' in page.text
    assert "eoscperf-stats-1" in text


def test_the_ranking_of_other_inputs_is_a_link_away(pages, world):
    page = pages.get(world.path)
    link = re.search(r'<a href="([^"]+)">Size 8</a>', page.text)
    assert link is not None
    other = pages.get(link[1].replace("&amp;", "&"), status=200)
    assert "Runs with Size 8" in squeezed(other)
    assert "Best" not in squeezed(other).partition("Ranking")[0]


def test_the_baseline_is_part_of_the_address(pages, world):
    page = pages.get(f"{world.path}?base={world.flavors[0].id}", status=200)
    assert "m.8 is 12 % faster than CESNET &lt;i&gt; hpc.8" in squeezed(page)
    wrong = pages.get(f"{world.path}?base={uuid.uuid4()}", status=422)
    assert "is no flavor with a row in this ranking" in squeezed(wrong)


def test_one_view_has_one_address(pages, world):
    answer = pages.get(f"{world.path}?weight=source&metric=time&nonsense=1&sort_by=rank", status=302)
    assert answer.headers["Location"].endswith(f"{world.path}?metric=time")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("metric=beauty", "is no number that the benchmark declares"),
        ("filters=size+%3C", "The value is missing after"),
        ("weight=heavy", "must be one of source, run"),
        ("cat=7", None),
    ],
)
def test_what_cannot_be_asked_is_said_and_shows_no_rows(pages, world, query, sentence):
    page = pages.get(f"{world.path}?{query}", status=422 if sentence else 404)
    assert sentence is None or sentence in squeezed(page)
    assert "chart-bar" not in page.text


def test_a_benchmark_without_headline_offers_its_values(pages, make):
    schema = {"type": "object", "properties": {"score": {"type": "number"}}}
    plain = make.benchmark(json_schema=schema)
    make.result(json={"score": 3}, benchmark=plain)
    page = pages.get(f"/benchmarks/{plain.id}", status=200)
    assert "This benchmark declares no headline metric" in squeezed(page)
    chosen = pages.get(f"/benchmarks/{plain.id}?metric=score", status=200)
    assert "No better direction is declared, so there is no ranking." in squeezed(chosen)
    empty = pages.get(f"/benchmarks/{make.benchmark().id}", status=200)
    assert "This benchmark declares no headline metric" in squeezed(empty)


def test_programs_get_the_data(pages, world):
    answer = pages.app.get(world.path, headers={"Accept": "application/json"}, status=303)
    assert answer.headers["Location"].endswith(f"/api/v1{world.path}")


def test_flavors_are_compared_side_by_side(pages, world):
    items = "&".join(f"item={item}" for item in world.item)
    page = pages.get(f"/compare?{items}", status=200)
    text = squeezed(page)
    assert "CESNET &lt;i&gt; m.8 is 12 % faster than CESNET &lt;i&gt; hpc.8" in text
    assert "c-ray:1.2" in text
    assert "cores 8" in text
    other = pages.get(f"/compare?{items}&base={world.item[1]}", status=200)
    assert "hpc.8 is 11 % slower than" in squeezed(other)
    without = re.search(r'<a class="apart" href="([^"]+)">Remove', page.text)
    assert without is not None
    assert world.item[0] not in without[1]


def test_rows_like_the_baseline_can_be_hidden(pages, world, make):
    twin = make.flavor(site=world.site, name="twin.8")
    world.run(twin, *FAST)
    query = f"item={world.item[1]}&item=flavor:{twin.id}&item={world.item[0]}"
    shown = squeezed(pages.get(f"/compare?{query}"))
    assert "twin.8 and CESNET &lt;i&gt; m.8 are the same within 2.0 %." in shown
    hidden = squeezed(pages.get(f"/compare?{query}&same=hide", status=200))
    assert "1 row like the baseline hidden." in hidden


def test_an_empty_comparison_says_how_to_begin(pages):
    page = pages.get("/compare", status=200)
    assert "Put flavors, whole sites or what has a tag side by side" in squeezed(page)


def test_what_can_be_compared_is_found_by_its_name_and_added(pages, world, make):
    make.site(name="Elsewhere")
    make.site(name="CESNET too", status="on_review")
    page = pages.get(f"/compare?item={world.item[0]}&q=cesnet+8", status=200)
    found = re.findall(r'<a class="apart" href="([^"]+)">Add<span[^>]*> ([^<]+)</span>', page.text)
    # The one that is compared already is not offered again.
    assert [name for _, name in found] == ["Flavor CESNET &lt;i&gt; m.8", "Flavor CESNET &lt;i&gt; x.8"]
    added = pages.get(found[0][0].replace("&amp;", "&"), status=200)
    assert "m.8 is 12 % faster than CESNET &lt;i&gt; hpc.8" in squeezed(added)
    whole = pages.get("/compare?q=cesnet", status=200)
    assert "Site CESNET &lt;i&gt; (3 flavors)" in squeezed(whole)
    assert "Nothing has these words" in squeezed(pages.get("/compare?q=nowhere", status=200))
    assert "q=" not in re.search(r'<a href="(/api/v1/compare[^"]*)"', page.text)[1]


def test_machines_that_differ_are_told_and_compared_for_each_core(pages, world, make):
    small = make.flavor(site=world.site, name="small")
    world.run(small, *(4 * time for time in FAST), cores=2)
    page = squeezed(pages.get(f"/compare?item={world.item[1]}&item=flavor:{small.id}", status=200))
    assert "they differ in cores , see the last column" in page
    assert "For each core s × cores" in page
    # 100 s on 8 cores and 400 s on 2.
    assert re.search(r"\b800\.0\b.*\b800\.0\b", page)
    same = squeezed(pages.get(f"/compare?item={world.item[0]}&item={world.item[1]}", status=200))
    assert "they differ" not in same


def test_a_ranking_is_narrowed_to_machines_alike(pages, world, make):
    small = make.flavor(site=world.site, name="small")
    world.run(small, *(4 * time for time in FAST), cores=2)
    page = pages.get(world.path, status=200)
    assert re.findall(r'<option value="(cores == [^"]*)">', page.text) == ["cores == 2", "cores == 8"]
    narrowed = pages.get(f"{world.path}?filters=cores+%3D%3D+2", status=200)
    assert '<option value="cores == 2" selected>' in narrowed.text
    assert "Best: CESNET &lt;i&gt; small, 400.0 s." in squeezed(narrowed)
    # Other conditions stay where the form is sent.
    both = pages.get(f"{world.path}?filters=cores+%3D%3D+2&filters=time+%3E+1", status=200)
    assert '<input type="hidden" name="filters" value="time &gt; 1">' in both.text


def test_items_that_are_none_are_told(pages):
    assert "must be result:, flavor:, site: or tag: and a UUID" in squeezed(
        pages.get("/compare?item=planet:mars", status=422)
    )


def test_what_is_not_there_has_a_row_that_says_so(pages, world):
    nowhere = uuid.uuid4()
    page = pages.get(f"/compare?item={world.item[0]}&item={world.item[1]}&item=flavor:{nowhere}", status=200)
    assert f"flavor:{nowhere} (not found) has no visible result for c-ray:1.2." in squeezed(page)


def test_the_rules_are_explained(pages):
    assert "eoscperf-stats-1" in pages.get("/help/statistics", status=200).text
