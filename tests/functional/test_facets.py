"""Facets of results: what the results found have in common."""

from __future__ import annotations

import datetime
import itertools
import uuid

import pytest

from eoscperf.results.reindexing import rebuild_benchmark

UTC = datetime.UTC

SCHEMA = {
    "type": "object",
    "properties": {
        "cores": {"type": "integer"},
        "model": {"type": "string"},
        "turbo": {"type": "boolean"},
        "time": {"type": "number"},
        "kühl.ung": {"type": "string"},
    },
}


def facets(api, as_=None, **query):
    """The facets by name."""
    return {facet["name"]: facet for facet in api.get("/results:facets", query, as_=as_).json["facets"]}


def named(facet):
    return [(value["name"], value["count"]) for value in facet["values"]]


def valued(facet):
    return [(value["value"], value["count"]) for value in facet["values"]]


def total(api, as_=None, **query):
    return api.get("/results:facets", query, as_=as_).json["total"]


@pytest.fixture
def ray(make):
    return make.benchmark(docker_image="example/ray", docker_tag="1", json_schema=SCHEMA)


def test_results_are_counted_by_what_they_belong_to(api, make, ray):
    zip_ = make.benchmark(docker_image="example/zip", docker_tag="2")
    site = make.site(name="Ågård")
    small, large = make.flavor(site=site, name="small"), make.flavor(site=site, name="large")
    tag = make.tag("gpu")
    for year in (2022, 2024):
        at = datetime.datetime(year, 7, 1, tzinfo=UTC)
        make.result(benchmark=ray, flavor=small, tags=[tag], execution_datetime=at)
    make.result(benchmark=ray, flavor=large, execution_datetime=at)
    make.result(benchmark=zip_, flavor=large, tags=[tag], execution_datetime=at)
    answer = api.get("/results:facets").json
    assert answer["total"] == 4
    assert [facet["name"] for facet in answer["facets"]] == ["benchmark", "site", "flavor", "tag", "year"]
    found = facets(api)
    assert named(found["benchmark"]) == [("example/ray:1", 3), ("example/zip:2", 1)]
    assert named(found["site"]) == [("Ågård", 4)]
    assert named(found["flavor"]) == [("large", 2), ("small", 2)]
    assert found["flavor"]["values"][0] == {
        "count": 2,
        "id": str(large.id),
        "name": "large",
        "selected": False,
        "site_id": str(site.id),
        "site_name": "Ågård",
    }
    assert named(found["tag"]) == [("gpu", 3)]
    assert valued(found["year"]) == [(2024, 3), (2022, 1)]


def test_each_facet_is_counted_without_its_own_selection(api, make, ray):
    zip_ = make.benchmark(docker_image="example/zip", docker_tag="2")
    flavor = make.flavor(name="small")
    gpu, cpu = make.tag("gpu"), make.tag("cpu")
    make.result(benchmark=ray, flavor=flavor, tags=[gpu])
    make.result(benchmark=ray, tags=[gpu, cpu])
    make.result(benchmark=zip_, flavor=flavor, tags=[cpu])
    found = facets(api, benchmark_id=ray.id, flavor_id=flavor.id, tags_ids=gpu.id)
    assert named(found["benchmark"]) == [("example/ray:1", 1)]
    assert [value["count"] for value in found["flavor"]["values"]] == [1, 1]
    assert named(found["tag"]) == [("gpu", 1)]
    found = facets(api, benchmark_id=ray.id)
    assert named(found["benchmark"]) == [("example/ray:1", 2), ("example/zip:2", 1)]
    assert [value["selected"] for value in found["benchmark"]["values"]] == [True, False]
    assert named(found["tag"]) == [("gpu", 2), ("cpu", 1)]
    assert total(api, benchmark_id=ray.id) == 2


def test_years_are_those_of_utc_and_set_by_dates(api, make):
    for moment in ("2022-12-31T23:59:59.999999", "2023-01-01T00:00:00", "2023-12-31T23:59:59"):
        make.result(execution_datetime=datetime.datetime.fromisoformat(moment).replace(tzinfo=UTC))
    asked = {"execution_after": "2022-12-31T23:59:59.999999Z", "execution_before": "2024-01-01"}
    found = facets(api, **asked)["year"]
    assert valued(found) == [(2023, 2), (2022, 1)]
    assert [value["selected"] for value in found["values"]] == [True, False]
    assert total(api, **asked) == 2
    asked = {"execution_after": "1999-03-01", "execution_before": "1999-04-01"}
    assert valued(facets(api, **asked)["year"]) == [(2023, 2), (2022, 1), (1999, 0)]


def test_fields_of_the_one_benchmark_are_facets(api, make, ray):
    for cores, model, turbo in ((8, "EPYC ☃", True), (8.0, "Xeon", False), (16, "Xeon", True)):
        document = {"cores": cores, "model": model, "turbo": turbo, "time": cores / 4, "kühl.ung": "Öl"}
        make.result(benchmark=ray, json=document)
    assert not any(name.startswith("json.") for name in facets(api))
    other = make.benchmark(json_schema=SCHEMA)
    assert not any(name.startswith("json.") for name in facets(api, benchmark_id=[ray.id, other.id]))
    found = facets(api, benchmark_id=[ray.id, ray.id])
    assert valued(found["json.cores"]) == [(8, 2), (16, 1)]
    assert (found["json.cores"]["min"], found["json.cores"]["max"]) == (8, 16)
    assert valued(found["json.model"]) == [("Xeon", 2), ("EPYC ☃", 1)]
    assert "min" not in found["json.model"]
    assert valued(found["json.turbo"]) == [(True, 2), (False, 1)]
    assert (found["json.time"]["min"], found["json.time"]["max"]) == (2, 4)
    assert valued(found["json.kühl\\.ung"]) == [("Öl", 3)]
    # Its own filters do not count for a field, those of others do.
    found = facets(api, benchmark_id=ray.id, filters=["cores == 16", "turbo == true"])
    assert valued(found["json.cores"]) == [(8, 1), (16, 1)]
    assert [value["selected"] for value in found["json.cores"]["values"]] == [False, True]
    assert valued(found["json.turbo"]) == [(True, 1)]
    assert named(found["benchmark"])[0] == ("example/ray:1", 1)


def test_what_is_selected_is_listed_even_without_results(api, make, ray):
    make.result(json={"cores": 4}, benchmark=ray, tags=[make.tag("gpu")])
    empty, tag = make.flavor(name="empty"), make.tag("nowhere")
    hidden = make.benchmark(status="on_review")
    asked = {"flavor_id": [empty.id, uuid.uuid4()], "tags_ids": [tag.id, uuid.uuid4()]}
    found = facets(api, benchmark_id=ray.id, filters="cores in [5, many]", **asked)
    assert named(found["flavor"]) == [("empty", 0)]
    assert named(found["tag"]) == [("nowhere", 0)]
    assert valued(found["json.cores"]) == [(5, 0), ("many", 0)]
    assert found["json.cores"]["distinct"] == 0
    # What somebody may not know of is not named.
    assert facets(api, benchmark_id=hidden.id)["benchmark"]["values"][0]["name"] == "example/ray:1"
    assert len(facets(api, benchmark_id=hidden.id)["benchmark"]["values"]) == 1
    assert len(facets(api, as_="admin", benchmark_id=hidden.id)["benchmark"]["values"]) == 2


def test_a_limit_says_how_much_is_left(api, make, ray):
    flavors = [make.flavor(name=f"f{number}") for number in range(5)]
    for flavor in flavors:
        make.result(benchmark=ray, flavor=flavor, json={"cores": int(flavor.name[1])})
    found = facets(api, benchmark_id=ray.id, limit=2)
    for facet in (found["flavor"], found["json.cores"]):
        assert (len(facet["values"]), facet["distinct"], facet["more"]) == (2, 5, 3)
    found = facets(api, flavor_id=flavors[4].id, limit=2)["flavor"]
    assert named(found) == [("f0", 1), ("f1", 1), ("f4", 1)]
    assert found["more"] == 2
    for limit in ("0", "1001", "x"):
        api.get("/results:facets", {"limit": limit}, status=422)


def test_only_the_facets_asked_for_are_computed(api, make, ray, statements):
    make.result(benchmark=ray, json={"time": 2.5})
    assert list(facets(api, facet=["year", "benchmark", "year"])) == ["year", "benchmark"]
    found = facets(api, benchmark_id=ray.id, facet=["json.time", "json.cores"])
    assert valued(found["json.time"]) == [(2.5, 1)]
    assert (found["json.cores"]["values"], found["json.cores"]["distinct"]) == ([], 0)
    for asked, allowed in (
        ({"facet": "colour"}, "benchmark, site, flavor, tag, year"),
        ({"facet": "json.time"}, "exactly one benchmark"),
        ({"facet": "json.nothing", "benchmark_id": ray.id}, "json.cores"),
        ({"facet": ["json.", "json.a..b"], "benchmark_id": ray.id}, "json.cores"),
        ({"facet": ""}, "benchmark"),
    ):
        answer = api.get("/results:facets", asked, status=422).json
        assert {error["name"] for error in answer["errors"]} == {"facet"}
        assert allowed in answer["errors"][0]["detail"]
    api.get("/results:facets", {"facet": ["year"] * 101}, status=422)


def test_a_field_with_many_values_is_counted_when_it_is_named(api, make, ray):
    for number in range(60):
        make.result(benchmark=ray, json={"time": number, "model": f"m{number}", "cores": number % 2})
    rebuild_benchmark(make.session, ray.id)
    make.session.commit()
    found = facets(api, benchmark_id=ray.id)
    assert found["json.time"] == {"name": "json.time", "min": 0, "max": 59}
    assert "json.model" not in found
    assert valued(found["json.cores"]) == [(0, 30), (1, 30)]
    asked = {"benchmark_id": ray.id, "facet": ["json.time", "json.model"], "filters": "model == m59"}
    found = facets(api, limit=3, **asked)
    assert valued(found["json.model"]) == [("m0", 1), ("m1", 1), ("m10", 1), ("m59", 1)]
    assert (found["json.model"]["distinct"], found["json.model"]["more"]) == (60, 56)
    assert valued(found["json.time"]) == [(59, 1)]


def test_parameters_of_pages_and_exports_are_refused(api):
    for key in ("page", "per_page", "total", "cursor", "sort_by", "format", "columns", "colour"):
        answer = api.get("/results:facets", {key: "1"}, status=422).json
        assert [error["name"] for error in answer["errors"]] == [key]
    answer = api.get("/results:facets", {"filters": "x ~ 5", "status": "gone"}, status=422).json
    assert answer["position"] == 2
    assert {error["name"] for error in answer["errors"]} == {"filters", "status"}
    api.get("/results:facets", headers={"Accept": "text/csv"}, status=406)
    api.post("/results:facets", status=405)


def test_only_what_the_viewer_may_see_is_counted(api, make, ray):
    owner = make.user("owner")
    make.result(benchmark=ray, uploader=owner, withdrawn=True, json={"cores": 1})
    make.result(benchmark=ray, removed=True, json={"cores": 2})
    make.claim(make.result(benchmark=ray, uploader=owner, json={"cores": 3}))
    make.result(benchmark=ray, json={"cores": 4})
    assert valued(facets(api, benchmark_id=ray.id)["json.cores"]) == [(4, 1)]
    assert total(api) == total(api, as_="admin") == total(api, status="visible") == 1
    for status, seen in (("withdrawn", {owner: 1, "admin": 1}), ("removed", {owner: 0, "admin": 1})):
        for who in (None, "other", owner, "admin"):
            assert total(api, as_=who, status=status) == seen.get(who, 0)
    found = facets(api, as_=owner, status="claimed", benchmark_id=ray.id)
    assert valued(found["json.cores"]) == [(3, 1)]


def test_results_of_hidden_parents_are_for_their_uploader(api, make):
    owner = make.user("owner")
    hidden = make.benchmark(
        docker_image="example/hidden", docker_tag="1", status="on_review", json_schema=SCHEMA
    )
    flavor = make.flavor(name="new", status="on_review")
    make.result(benchmark=hidden, uploader=owner, json={"cores": 1})
    make.result(flavor=flavor, uploader=owner)
    make.result()
    for who, number in ((None, 1), ("other", 1), (owner, 3), ("admin", 3)):
        assert total(api, as_=who) == number
        assert sum(value["count"] for value in facets(api, as_=who)["site"]["values"]) == number
        shown = "example/hidden:1" in dict(named(facets(api, as_=who)["benchmark"]))
        assert shown == (number == 3)
        asked = {"benchmark_id": hidden.id, "facet": "json.cores"}
        if number == 3:
            assert valued(facets(api, as_=who, **asked)["json.cores"]) == [(1, 1)]
        else:
            api.get("/results:facets", asked, as_=who, status=422)


def test_tallies_follow_what_happens_to_results(api, make, ray):
    """Uploads, withdrawals, claims, decisions, tags: each is in the next answer."""
    flavor, tag = make.flavor(), make.tag("gpu")
    query = {
        "execution_datetime": "2023-05-01T00:00:00Z",
        "benchmark_id": ray.id,
        "flavor_id": flavor.id,
        "tags_ids": tag.id,
    }

    def cores():
        return valued(facets(api, benchmark_id=ray.id).get("json.cores", {"values": []}))

    def upload(number):
        return api.post("/results", {"cores": number}, params=query, as_="owner", status=201).json["id"]

    first, second = upload(4), upload(8)
    assert cores() == [(4, 1), (8, 1)]
    assert named(facets(api)["tag"]) == [("gpu", 2)]
    assert valued(facets(api)["year"]) == [(2023, 2)]
    api.post(f"/results/{first}:withdraw", {}, as_="owner", status=204)
    assert cores() == [(8, 1)]
    assert total(api) == total(api, tags_ids=tag.id) == 1
    api.post(f"/results/{first}:restore", {}, as_="owner", status=204)
    claim = api.post(f"/results/{second}:claim", {"message": "Wrong."}, as_="other", status=201).json
    assert cores() == [(4, 1)]
    api.post(f"/reports/claims/{claim['id']}:reject", {}, as_="admin", status=204)
    assert cores() == [(4, 1), (8, 1)]
    api.put(f"/results/{second}/tags", {"tags_ids": []}, as_="owner", status=204)
    assert named(facets(api)["tag"]) == [("gpu", 1)]
    api.delete(f"/tags/{tag.id}", as_="admin", status=204)
    assert facets(api)["tag"]["values"] == []
    assert total(api, tags_ids=tag.id) == 0
    api.post(f"/tags/{tag.id}:restore", {}, as_="admin", status=204)
    assert named(facets(api)["tag"]) == [("gpu", 1)]
    api.delete(f"/benchmarks/{ray.id}", as_="admin", status=204)
    assert total(api) == 0
    api.post(f"/benchmarks/{ray.id}:restore", {}, as_="admin", status=204)
    assert total(api) == 2
    assert cores() == [(4, 1), (8, 1)]


def test_superseded_results_are_counted_like_all(api, make, ray):
    old = make.result(benchmark=ray)
    make.result(benchmark=ray, supersedes_id=old.id)
    assert total(api) == len(api.items("/results")) == 2


def test_facets_have_validators(api, make):
    make.result()
    answer = api.get("/results:facets")
    tag = answer.headers["ETag"]
    assert not tag.startswith("W/")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Authorization" in answer.headers["Vary"]
    assert api.head("/results:facets").headers["ETag"] == tag
    api.get("/results:facets", headers={"If-None-Match": tag}, status=304)
    make.result()
    api.get("/results:facets", headers={"If-None-Match": tag}, status=200)


def test_the_number_of_statements_does_not_grow_with_the_data(api, make, ray, statements):
    limits = itertools.count(10)

    def sent(**query):
        statements.clear()
        # No question is asked twice, so that no answer is remembered.
        api.get("/results:facets", query | {"limit": next(limits)})
        return len(statements)

    make.result(benchmark=ray, json={"cores": 1}, tags=[make.tag()])
    queries = (
        {},
        {"benchmark_id": str(ray.id)},
        {"benchmark_id": str(ray.id), "filters": ["cores > 0", "time exists false"], "terms": "example"},
    )
    for query in queries:
        sent(**query)
    before = [sent(**query) for query in queries]
    for number in range(5):
        make.result(benchmark=ray, json={"cores": number}, tags=[make.tag()])
        make.result(tags=[make.tag()])
    for query in queries:
        sent(**query)
    assert [sent(**query) for query in queries] == before
    assert before[0] <= 7
    assert before[1] <= 9
    assert before[2] <= 18


def test_fields_that_rows_do_not_tell_of_are_not_counted(api, make, ray):
    """A text that is too long for a row leaves the field to searches in the JSON."""
    make.result(benchmark=ray, json={"model": "x" * 300, "cores": 4})
    make.result(benchmark=ray, json={"model": "Xeon", "cores": 4})
    found = facets(api, benchmark_id=ray.id)
    assert "json.model" not in found
    assert valued(found["json.cores"]) == [(4, 2)]
    assert facets(api, benchmark_id=ray.id, facet="json.model") == {"json.model": {"name": "json.model"}}
    assert total(api, benchmark_id=ray.id, facet="json.model", filters="model == Xeon") == 1


def test_numbers_booleans_and_texts_that_look_alike_are_told_apart(api, make):
    benchmark = make.benchmark(json_schema={"properties": {"x": {}}})
    for value in (1, 1.0, True, "1", "true", None, [1], {"y": 1}, -0.0, 0, 2**60, 1e300):
        make.result(benchmark=benchmark, json={"x": value})
    make.result(benchmark=benchmark, json={})
    found = facets(api, benchmark_id=benchmark.id)["json.x"]
    values = [(type(value), value, count) for value, count in valued(found)]
    assert values == [
        (int, 0, 2),
        (int, 1, 2),
        (float, float(2**60), 1),
        (float, 1e300, 1),
        (str, "1", 1),
        (str, "true", 1),
        (bool, True, 1),
    ]
    assert (found["distinct"], found["min"], found["max"]) == (7, 0, 1e300)
