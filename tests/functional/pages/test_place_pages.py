"""The pages of sites, flavors and tags with everything that rankings, results and claims add to them."""

from __future__ import annotations

import re
import uuid

import pytest

BOX = {"title": "Processor", "type": "string", "x-parameter": "machine", "suggestToUser": True}
CORES = {"title": "Cores", "type": "integer", "x-parameter": "machine"}


def schema(better="lower", unit="s", **cpu):
    score = {"type": "number", "title": "Render time", "x-headline": True, "x-unit": unit}
    if better:
        score["x-better"] = better
    machine = {"type": "object", "properties": {"cpu": {"type": "object", "properties": cpu}}}
    return {"type": "object", "properties": {"machine": machine, "score": score}}


@pytest.fixture
def world(make):
    class World:
        site = make.site(name="ifca", address="https://ifca.example.org")
        benchmark = make.benchmark(
            docker_image="c-ray", docker_tag="1.2", json_schema=schema(brand=BOX, count=CORES)
        )
        tag = make.tag("cloud", description="Virtual")

        def run(self, flavor, *scores, cores=4, brand="Old Xeon", benchmark=None, **more):
            for score in scores:
                given = {"uploader": make.user(f"person-{uuid.uuid4()}")} | more
                json = {"machine": {"cpu": {"count": cores, "brand": brand}}, "score": score}
                yield make.result(json=json, benchmark=benchmark or self.benchmark, flavor=flavor, **given)

    world = World()
    world.large = make.flavor(site=world.site, name="m1.large", description="**Four** cores")
    world.small = make.flavor(site=world.site, name="cm4.large")
    world.idle = make.flavor(site=world.site, name="idle")
    world.other = make.flavor(site=make.site(name="cesnet"), name="hpc")
    world.results = [
        *world.run(world.large, 560.0, 568.0, 572.0, 570.0, 565.0),
        *world.run(world.small, 755.0, 756.0, cores=2, brand="New Xeon", tags=[world.tag]),
        *world.run(world.other, 100.0, 101.0, 99.0, 100.5, 99.5, cores=8, tags=[world.tag]),
    ]
    world.paths = {
        "site": f"/sites/{world.site.id}",
        "flavor": f"/flavors/{world.large.id}",
        "tag": f"/tags/{world.tag.id}",
    }
    return world


def squeezed(answer):
    text = answer.text.replace("&nbsp;", " ")
    text = re.sub(r"<(strong|code|span)\b[^>]*>|</(strong|code|span)>", "", text)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("\u202f", " ")


def links(page):
    return [found.replace("&amp;", "&") for found in re.findall(r'href="([^"]+)"', page.text)]


def test_a_flavor_says_which_processor_it_has_where_it_stands_and_what_stands_beside_it(pages, world):
    page = pages.get(world.paths["flavor"], status=200)
    text = squeezed(page)
    assert "Processor Old Xeon (5 results) machine.cpu.brand" in text
    assert "Cores 4 (5 results) machine.cpu.count" in text
    assert "different values" not in text
    assert "c-ray:1.2 2 of 3 Render time, lower is better 568.0 s" in text
    assert "5 / 5 5 results of c-ray:1.2" in text
    assert "m1.large (this one) Old Xeon 4 568.0 2 272" in text
    assert "cm4.large New Xeon 2 755.5 1 511 Compare m1.large with cm4.large" in text
    both = f"/compare?item=flavor:{world.large.id}&item=flavor:{world.small.id}"
    assert both in links(page)
    compared = squeezed(pages.get(both, status=200))
    assert "Old Xeon" in compared
    assert "New Xeon" in compared
    found = [link for link in links(page) if link.startswith("/results?")]
    assert f"/results?flavor_id={world.large.id}" in found
    for link in found:
        assert "m1.large" in pages.get(link, status=200).text


def test_different_machines_under_one_name_are_told_in_words(pages, world):
    list(world.run(world.large, 400.0, brand="Third"))
    list(world.run(world.large, 401.0, 402.0, brand="Second"))
    text = squeezed(pages.get(world.paths["flavor"]))
    assert "Results name 3 different values of Processor" in text
    assert "different values of Cores" not in text
    assert "Old Xeon (5 results), Second (2 results), Third (1 result)" in text


def test_values_that_are_too_many_to_be_counted_are_those_of_the_newest_results(pages, make, world):
    hosts = make.benchmark(json_schema=schema(host={"type": "string"}))
    flavor = make.flavor(site=world.site)
    # Nothing as long as the first name is counted.
    for host in ("n" * 150, *(f"n{number:02}" for number in range(50))):
        make.result(flavor=flavor, benchmark=hosts, json={"machine": {"cpu": {"host": host}}, "score": 1})
    text = squeezed(pages.get(f"/flavors/{flavor.id}", status=200))
    assert "machine.cpu.host" in text
    assert "and 45 more values of the newest 50 results" in text


def test_what_a_schema_without_annotations_says_of_the_machine_is_shown_all_the_same(pages, make, world):
    plain = {
        "type": "object",
        "properties": {
            "machine": {"type": "object", "properties": {"cpu": {"type": "object", "properties": {}}}},
            "image": {"type": "string", "suggestToUser": True},
            "score": {"type": "number", "suggestToUser": True},
        },
    }
    plain["properties"]["machine"]["properties"]["cpu"]["properties"] = {"brand": {"type": "string"}}
    benchmark = make.benchmark(docker_image="plain", json_schema=plain)
    flavor = make.flavor(site=world.site)
    json = {"machine": {"cpu": {"brand": "EPYC"}}, "image": "debian", "score": 7.25}
    make.result(flavor=flavor, benchmark=benchmark, json=json)
    text = squeezed(pages.get(f"/flavors/{flavor.id}", status=200))
    assert "machine.cpu.brand EPYC (1 result)" in text
    assert "image debian (1 result)" in text
    assert "7.25" not in text
    assert "does not say which of its values sums a result up" in text


def test_a_benchmark_without_a_direction_has_medians_but_no_ranks(pages, make, world):
    benchmark = make.benchmark(docker_image="aimless", json_schema=schema(better=None))
    list(world.run(world.large, 3.5, benchmark=benchmark))
    text = squeezed(pages.get(world.paths["flavor"]))
    assert "No better direction is declared, so there is no rank." in text
    assert "3.500 s" in text


def test_a_site_shows_its_best_flavor_in_each_benchmark(pages, make, world):
    page = pages.get(world.paths["site"], status=200)
    text = squeezed(page)
    assert "c-ray:1.2 m1.large 2 of 3 Render time, lower is better 568.0 s" in text
    assert f"/compare?item=site:{world.site.id}" in links(page)
    assert f"/results?site_id={world.site.id}" in links(page)
    assert f"/results?benchmark_id={world.benchmark.id}&site_id={world.site.id}" in links(page)
    assert f'name="item" value="flavor:{world.idle.id}"' in page.text
    assert "No result here is disputed." in text
    assert "Newest results" in text
    assert "hpc" not in text


def test_disputes_are_counted_and_nothing_more_is_told(pages, make, world):
    owner = make.user("owner")
    claimed, other = world.results[:2]
    (withdrawn,) = world.run(world.large, 570.5, uploader=owner)
    for result in (claimed, other, withdrawn):
        for who in ("reader", "another reader"):
            pages.api.post(f"/results/{result.id}:claim", {"message": "Far too fast"}, as_=who, status=201)
    pages.api.post(f"/results/{withdrawn.id}:withdraw", as_=owner, status=204)
    page = pages.get(world.paths["site"])
    assert "2 results here are disputed" in squeezed(page)
    assert "Far too fast" not in page.text
    assert str(claimed.id) not in page.text


def test_a_site_with_many_flavors_shows_them_page_by_page(pages, make, world):
    for number in range(25):
        make.flavor(site=world.site, name=f"x{number:02}")
    first = pages.get(world.paths["site"])
    assert "1–20 of 28 flavors" in squeezed(first)
    assert "x24" not in first.text
    second = pages.get(f"{world.paths['site']}?page=2", status=200)
    assert "x24" in second.text
    last = pages.get(f"{world.paths['site']}?page=9", status=302)
    assert last.location.endswith("?page=2")
    for _ in range(3):
        make.flavor(site=world.site)
    assert f"/compare?item=site:{world.site.id}" not in links(pages.get(world.paths["site"]))


def test_the_list_of_sites_tells_address_and_how_much_is_measured(pages, world):
    page = pages.get("/sites", status=200)
    assert 'href="https://ifca.example.org" rel="nofollow ugc noopener"' in page.text
    assert "2 of 3" in squeezed(page)
    assert "1 of 1" in squeezed(page)
    down = pages.get("/sites?sort_by=-address", status=200).text
    assert 'aria-sort="descending"' in down
    pages.get("/sites?sort_by=runs", status=422)
    found = squeezed(pages.get("/sites?terms=ifca"))
    assert "cesnet" not in found


def test_a_tag_shows_benchmarks_and_flavors_and_leads_to_search_and_comparison(pages, make, world):
    page = pages.get(world.paths["tag"], status=200)
    text = squeezed(page)
    assert "7 results with this tag, of 1 benchmark on 2 flavors." in text
    assert "cesnet / hpc 1 5" in text
    assert "ifca / cm4.large 1 2" in text
    tag = world.tag.id
    assert f"/results?tags_ids={tag}" in links(page)
    assert f"/results?benchmark_id={world.benchmark.id}&tags_ids={tag}" in links(page)
    assert f"/results?flavor_id={world.small.id}&tags_ids={tag}" in links(page)
    compared = squeezed(pages.get(f"/compare?item=tag:{tag}", status=200))
    assert f"/compare?item=tag:{tag}" in links(page)
    assert "cesnet hpc #cloud" in compared
    for number in range(40):
        make.result(
            flavor=make.flavor(site=world.site, name=f"y{number:02}"),
            benchmark=world.benchmark,
            tags=[world.tag],
        )
    many = pages.get(world.paths["tag"], status=200)
    assert f"/compare?item=tag:{tag}" not in links(many)
    assert "A comparison has at most 30 rows" in many.text
    assert "22 more flavors" in squeezed(many)
    pages.get(f"/results?benchmark_id={world.benchmark.id}&tags_ids={tag}", status=200)


def test_what_is_not_public_looks_like_what_never_was(pages, make, world):
    """Of sites, flavors and tags there is no tombstone: nobody learns that they ever were proposed."""
    pending = make.site(status="on_review")
    gone = {
        "/sites/{}": [pending, make.site(status="rejected"), make.site(status="deleted")],
        "/flavors/{}": [
            make.flavor(site=world.site, status="on_review"),
            make.flavor(site=world.site, status="deleted"),
            make.flavor(site=pending, status="approved"),
        ],
    }
    nothing = pages.get(f"/sites/{uuid.uuid4()}", status=404).text
    for pattern, items in gone.items():
        for item in items:
            found = pages.get(pattern.format(item.id), status=404).text
            assert item.name not in found
            assert re.findall("<h1>.*?</h1>", found) == re.findall("<h1>.*?</h1>", nothing)
            pages.get(pattern.format(item.id), as_="admin", status=200)
    assert "waits for review" in pages.get(f"/sites/{pending.id}", as_="admin").text
    beneath = pages.get(f"/flavors/{gone['/flavors/{}'][2].id}", as_="admin").text
    assert "flavor&#39;s site waits for review" in beneath


def test_what_is_taken_away_is_nowhere_on_the_pages_around_it(pages, make, world):
    pages.api.delete(f"/flavors/{world.small.id}", as_="admin", status=204)
    for path in ("site", "flavor", "tag"):
        page = pages.get(world.paths[path], status=200)
        assert str(world.small.id) not in page.text
        assert "cm4.large" not in page.text
    pages.get(f"/flavors/{world.small.id}", status=404)
    pages.api.delete(f"/tags/{world.tag.id}", as_="admin", status=204)
    pages.get(world.paths["tag"], status=404)
    assert "This tag is deleted" in pages.get(world.paths["tag"], as_="admin", status=200).text
    pages.api.delete(f"/sites/{world.site.id}", as_="admin", status=204)
    pages.get(world.paths["site"], status=404)
    pages.get(world.paths["flavor"], status=404)
    assert "ifca" not in squeezed(pages.get("/sites"))


@pytest.mark.parametrize("what", ["site", "flavor", "tag", "sites"])
def test_a_page_takes_few_statements_however_much_there_is(pages, make, world, cost, what):
    path = world.paths.get(what, "/sites?per_page=100")
    few = cost(lambda: pages.get(path, status=200))
    flavors = [make.flavor(site=world.site) for _ in range(25)]
    for number in range(4):
        benchmark = make.benchmark(json_schema=schema(brand=BOX, count=CORES))
        for flavor in (world.large, *flavors[number * 6 : number * 6 + 6]):
            list(world.run(flavor, 3.0 + number, benchmark=benchmark, tags=[world.tag]))
    for _ in range(30):
        list(world.run(make.flavor(site=make.site()), 50.0))
    many = cost(lambda: pages.get(path, status=200))
    assert many <= few + 2
    assert many <= 15
