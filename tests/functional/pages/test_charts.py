"""Charts on pages and as files, as a browser without scripts has them."""

from __future__ import annotations

import csv
import html
import io
import re
from xml.etree import ElementTree

import pytest

from tests.functional.pages.measured import SCHEMA

KINDS = ("bars", "strip", "scaling", "scatter", "heat", "history")


@pytest.fixture
def ray(make):
    """Two sites with flavors of one to eight cores, and runs of which some lack something."""

    class World:
        benchmark = make.benchmark(json_schema=SCHEMA, docker_image="c-ray", docker_tag="1.2")
        sites = [make.site(name="CESNET <i>"), make.site(name="=IFCA")]
        tag = make.tag("hpc")

        def run(self, flavor, tags=(), **json):
            who = make.user()
            return make.result(json=json, benchmark=self.benchmark, flavor=flavor, uploader=who, tags=tags)

    world = World()
    world.flavors = [
        make.flavor(site=site, name=f"m.{cores}") for site in world.sites for cores in (1, 2, 4, 8)
    ]
    for number, flavor in enumerate(world.flavors):
        cores = 2 ** (number % 4)
        world.run(flavor, time=100.0 / cores + number // 4, size=4, cores=cores, brand="EPYC 7742")
    world.run(world.flavors[0], time=101.0, size=4, cores=1, tags=[world.tag])
    world.lacking = world.run(world.flavors[0], time=99.0, size=4)
    world.run(world.flavors[5], time=0.0, size=4, cores=2)
    world.run(world.flavors[0], time=1.0, size=9, cores=1)
    world.path = f"/benchmarks/{world.benchmark.id}"
    world.search = f"/results?benchmark_id={world.benchmark.id}"
    world.files = f"view=benchmark&benchmark_id={world.benchmark.id}"
    return world


def squeezed(answer):
    text = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))
    return re.sub(r" ([,.])", r"\1", text)


def rows(answer):
    return list(csv.reader(io.StringIO(answer.body.decode())))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_on_the_page_of_a_benchmark_and_as_files(pages, ray, cost, kind):
    address = ray.path if kind == "bars" else f"{ray.path}?chart={kind}"
    page = pages.get(address, status=200)
    assert len(re.findall(r"<svg [^>]*role=\"img\"", page.text)) == 1
    assert "The same as a table" in page.text
    assert cost(lambda: pages.get(address)) <= 15
    links = re.findall(r'href="(/charts/[^"]+)"', page.text)
    drawing, table = (pages.app.get(html.unescape(link), status=200) for link in links)
    assert drawing.content_type == "image/svg+xml"
    assert ElementTree.fromstring(drawing.body).get("role") == "img"
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    shown = re.search(r'<details class="chart-table[^>]*>.*?</details>', page.text, re.S)[0]
    assert len(rows(table)) == len(re.findall(r"<tr>", shown))
    assert all(len(row) == len(rows(table)[0]) for row in rows(table))


def test_the_page_answers_whether_it_scales(pages, ray):
    page = pages.get(ray.path)
    question = re.search(r'<a href="([^"]+)"[^>]*>Does it scale with Cores\?', page.text)[1]
    answer = squeezed(pages.get(html.unescape(question).partition("#")[0], status=200))
    # 100 / (8 * 12.5); the other site has 101 s on one core and 13.5 s on eight.
    assert "Efficiency at the largest Cores: =IFCA 0.935 at 8, CESNET <i> 1.00 at 8." in answer
    assert "1 is <= 0 and without efficiency (Render time), 1 lacks Cores" in answer


def test_runs_that_are_not_drawn_are_told_and_can_be_opened(pages, ray):
    page = pages.get(f"{ray.path}?chart=scatter&yscale=log")
    assert "2 of 11 runs not drawn: 1 is <= 0 on a log axis (Render time), 1 lacks Cores." in squeezed(page)
    anchor = re.search(r'<a href="#([^"]+)">1 lacks Cores</a>', page.text)[1]
    listed = re.search(rf'<details id="{anchor}">.*?</details>', page.text, re.S)[0]
    assert re.findall(r'href="(/results/[^"]+)"', listed) == [f"/results/{ray.lacking.id}"]


def test_runs_with_other_inputs_are_never_drawn_with_the_others(pages, ray):
    table = rows(pages.app.get(f"/charts/strip.csv?{ray.files}"))
    assert len([row for row in table if row[1] == "run"]) == 11
    assert "1" not in [row[2] for row in table if row[1] == "run"]
    size_nine = rows(pages.app.get(f"/charts/strip.csv?{ray.files}&filters=size+==+9"))
    assert [row[2] for row in size_nine if row[1] == "run"] == ["1"]


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("chart=pie", "chart", "must be one of none, bars"),
        ("chart=scatter&x=a..b", "x", "x axis"),
        ("chart=scaling&fit=cubic", "fit", "must be one of none, linear"),
        ("chart=scaling&y=brand&eff=1", "eff", "nobody has said whether higher or lower is better"),
    ],
)
def test_what_cannot_be_drawn_is_marked_where_it_was_asked_for(pages, ray, query, field, words):
    page = pages.get(f"{ray.path}?{query}", status=422)
    control = re.search(rf'<(?:input|select) id="f-{field}"[^>]*>', page.text)[0]
    assert 'aria-invalid="true"' in control
    assert f"f-{field}-fault" in control
    assert words.lower() in squeezed(page).lower()
    assert "<svg" not in page.text
    pages.app.get(f"/charts/scaling.svg?{ray.files}&{query}", status=422 if field != "chart" else 200)


def test_the_search_draws_everything_found_the_page_or_the_selection(pages, ray, cost):
    def drawn(more):
        page = pages.get(f"{ray.search}{more}", status=200)
        return len(re.findall(r'<path class="chart-dot', page.text)), squeezed(page)

    assert "<svg" not in pages.get(ray.search).text
    address = f"{ray.search}&chart=strip"
    assert cost(lambda: pages.get(address)) <= 15
    count, text = drawn("&chart=strip")
    assert count == 12
    assert "Runs with different Size are drawn together" in text
    assert drawn("&per_page=10&chart=strip&of=page")[0] == 10
    picked = f"&pick={ray.lacking.id}"
    assert drawn(f"{picked}&chart=strip")[0] == 1
    assert drawn(f"{picked}&chart=strip&of=all")[0] == 12
    assert "needs a selection" in squeezed(pages.get(f"{ray.search}&chart=strip&of=picked", status=422))
    by_tag = drawn("&chart=strip&series=tag")[1]
    assert "hpc" in by_tag
    assert "no tag" in by_tag


def test_a_ranking_is_narrowed_by_site_tag_and_dates_and_its_chart_with_it(pages, ray):
    def bars(**query):
        page = pages.get(
            ray.path + "?" + "&".join(f"{key}={value}" for key, value in query.items()), status=200
        )
        return page, len(re.findall(r'<rect class="chart-bar', page.text))

    assert bars(site_id=ray.sites[0].id)[1] == 4
    page, count = bars(tags_ids=ray.tag.id)
    assert count == 1
    assert "Tag hpc" in squeezed(page)
    assert bars(upload_before="2000-01-01")[1] == 0
    page, count = bars(execution_after="2000-01-01")
    assert count == 8
    csv_link = html.unescape(re.search(r'href="(/charts/[^"]+\.csv[^"]*)"', page.text)[1])
    assert "execution_after=2000-01-01" in csv_link


def test_without_a_benchmark_the_search_asks_what_to_draw(pages, ray):
    page = pages.get("/results?chart=strip", status=422)
    assert "choose one benchmark" in squeezed(page)
    assert 'id="f-y"' in page.text
    pages.get("/results?chart=strip&y=cores", status=200)


def test_the_comparison_draws_its_rows_and_runs(pages, ray):
    items = "&".join(f"item=flavor:{flavor.id}" for flavor in ray.flavors[:4])
    for kind in KINDS:
        query = items if kind == "bars" else f"{items}&chart={kind}"
        page = pages.get(f"/compare?{query}", status=200)
        assert len(re.findall(r"<svg [^>]*role=\"img\"", page.text)) == 1, kind
        link = html.unescape(re.search(r'href="(/charts/[^"]+\.csv[^"]*)"', page.text)[1])
        assert len(rows(pages.app.get(link))) > 1


def test_a_comparison_of_results_draws_their_samples(pages, ray, make):
    results = [
        make.result(
            benchmark=ray.benchmark,
            flavor=ray.flavors[number],
            json={"time": 5.0, "size": 4, "cores": 1, "times": [4.0 + number, 5.0, 6.0]},
        )
        for number in range(2)
    ]
    page = pages.get("/compare?" + "&".join(f"item=result:{one.id}" for one in results), status=200)
    assert "Samples of single runs are drawn" in page.text
    assert page.text.count('class="chart-run"') == 6


def test_files_are_kept_until_they_change(pages, ray):
    address = f"/charts/bars.svg?{ray.files}"
    first = pages.app.get(address)
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert re.fullmatch(r'inline; filename="[a-z0-9.-]+\.svg"', first.headers["Content-Disposition"])
    same = pages.app.get(address, headers={"If-None-Match": first.headers["ETag"]}, status=304)
    assert same.body == b""
    ray.run(ray.flavors[0], time=500.0, size=4, cores=1)
    pages.app.get(address, headers={"If-None-Match": first.headers["ETag"]}, status=200)


def test_a_table_does_nothing_in_a_spreadsheet(pages, ray):
    answer = pages.app.get(f"/charts/bars.csv?{ray.files}")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="')
    assert answer.body.count(b"\r\n") == len(rows(answer))
    names = {row[0] for row in rows(answer)[1:]}
    assert "'=IFCA / m.1" in names
    assert "CESNET <i> / m.1" in names


def test_files_are_for_those_who_may_see_the_page(pages, ray, make):
    hidden = make.benchmark(json_schema=SCHEMA, docker_image="hidden", status="on_review")
    pages.app.get(f"/charts/bars.svg?view=benchmark&benchmark_id={hidden.id}", status=404)
    pages.app.get("/charts/bars.svg?view=results&uploader=me&y=time", status=422)
    pages.app.get("/charts/bars.svg?view=benchmark", status=422)
    pages.app.get("/charts/bars.svg?view=elsewhere", status=422)
    pages.app.get("/charts/pie.svg?view=results", status=404)
    pages.app.get(f"/charts/bars.png?{ray.files}", status=404)
