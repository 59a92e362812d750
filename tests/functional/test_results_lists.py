"""Lists of results: what can be asked for, in which order, page by page."""

from __future__ import annotations

import datetime
import uuid

import pytest

UTC = datetime.UTC


def ids(results):
    return [str(result.id) for result in results]


def found(api, path="/results", as_=None, **query):
    return [item["id"] for item in api.items(path, query, as_=as_)]


def test_results_are_listed_by_execution(api, make):
    late = make.result(execution_datetime=datetime.datetime(2024, 2, 1, tzinfo=UTC))
    early = make.result(execution_datetime=datetime.datetime(2024, 1, 1, tzinfo=UTC))
    assert found(api) == ids([early, late])
    assert found(api, sort_by="-execution_datetime") == ids([late, early])


def test_parents_are_matched_exactly_and_several_of_a_kind_are_alternatives(api, make):
    results = [make.result() for _ in range(3)]
    one, two, _ = results
    for key in ("benchmark_id", "flavor_id", "site_id"):
        values = [getattr(result, key) for result in results]
        assert found(api, **{key: values[0]}) == ids([one])
        assert found(api, **{key: values[:2]}) == ids([one, two])
        assert found(api, **{key + "[]": values[:2]}) == ids([one, two])
    assert found(api, benchmark_id=one.benchmark_id, flavor_id=two.flavor_id) == []
    for key in ("benchmark_id", "flavor_id", "site_id", "tags_ids", "ids"):
        page = api.get("/results", {key: str(uuid.uuid4())}).json
        assert (page["items"], page["total"]) == ([], 0)


def test_results_are_found_by_their_ids(api, make):
    results = [make.result() for _ in range(3)]
    assert found(api, ids=ids(results[1:])) == ids(results[1:])
    assert found(api, ids=[*ids(results[:1]), str(uuid.uuid4())]) == ids(results[:1])
    api.get("/results", {"ids": [str(uuid.uuid4()) for _ in range(1001)]}, status=422)


def test_all_tags_asked_for_are_needed(api, make):
    a, b, c = make.tag("a"), make.tag("b"), make.tag("c")
    both, only_a = make.result(tags=[a, b]), make.result(tags=[a])
    make.result()
    assert found(api, tags_ids=a.id) == ids([both, only_a])
    assert found(api, tags_ids=[a.id, b.id]) == ids([both])
    assert found(api, tags_ids=[a.id, a.id]) == ids([both, only_a])
    assert found(api, tags_ids=[a.id, c.id]) == []
    api.delete(f"/tags/{b.id}", as_="admin", status=204)
    assert found(api, tags_ids=[a.id, b.id]) == []
    assert [tag["name"] for tag in api.get(f"/results/{both.id}").json["tags"]] == ["a"]


def test_many_tags_are_no_trouble(api, make):
    make.result(tags=[make.tag()])
    assert found(api, tags_ids=[str(uuid.uuid4()) for _ in range(1500)]) == []


def test_terms_are_sought_in_image_site_flavor_and_tags(api, make):
    result = make.result(
        benchmark=make.benchmark(docker_image="Org/Bench", docker_tag="v1.5", description="secret words"),
        flavor=make.flavor(
            name="C8.Large", description="secret", site=make.site(name="Übersee 100%", address="grid.example")
        ),
        tags=[make.tag("GPU run", description="secret")],
    )
    make.result()
    terms = ("org/b", "V1.5", "BENCH:v1", "c8.l", "übersee", "0%", "GRID.EX", "gpu", "u r")
    for path in ("/results", "/results:search"):
        for term in terms:
            assert found(api, path, terms=term) == ids([result]), term
        assert found(api, path, terms=["bench", "gpu", "grid", ""]) == ids([result])
        assert found(api, path, terms=["bench", "nowhere"]) == []
        assert found(api, path, terms="secret") == []
        assert found(api, path, terms="_") == []
        assert len(found(api, path, terms="")) == 2


def test_periods_are_open_at_both_ends(api, make):
    noon = datetime.datetime(2024, 5, 12, 12, tzinfo=UTC)
    midnight = noon.replace(hour=0)
    at_midnight = make.result(execution_datetime=midnight, upload_datetime=noon)
    at_noon = make.result(execution_datetime=noon, upload_datetime=midnight)
    assert found(api, execution_after="2024-05-12") == ids([at_noon])
    assert found(api, execution_before="2024-05-12T12:00:00Z") == ids([at_midnight])
    assert found(api, upload_after="2024-05-12") == ids([at_midnight])
    assert found(api, upload_before="2024-05-12 14:00:00 02:00") == ids([at_noon])
    api.get("/results", {"execution_after": "12.5.2024"}, status=422)


def test_filters_look_into_the_json(api, make):
    def stored(value):
        return make.result(json={"x": value, "cpu": {"model": "AMD EPYC", "flags": ["a", 4]}})

    seven, eight, text, none = stored(7.0), stored(8), stored("7"), stored(None)
    make.result(json={})
    assert found(api, filters="x > 5") == ids([seven, eight])
    assert found(api, filters='x == "7"') == ids([text])
    assert found(api, filters=["x > 5", "x != 7"]) == ids([eight])
    assert found(api, filters='x in [7, "7"]') == ids([seven, text])
    assert found(api, filters="x exists") == ids([seven, eight, text, none])
    assert found(api, filters="cpu.model contains epyc", sort_by="-json.x")[0] == str(eight.id)
    assert len(found(api, filters="cpu.model == AMD EPYC")) == 4
    assert len(found(api, filters="cpu.flags.1 == 4")) == 4
    api.get("/results", {"filters": ["x == 1"] * 21}, status=422)
    api.get("/results", {"filters": "x == " + "1" * 1100}, status=422)


def test_bad_filters_say_where_and_how(api):
    answer = api.get("/results", {"filters": ["x ~ 5", "x"]}, status=422)
    assert (answer.json["position"], answer.json["example"]) == (2, "machine.cpu.count > 4")
    assert [error["name"] for error in answer.json["errors"]] == ["filters", "filters"]
    answer = api.get("/results", {"filters": "x ~ 5", "format": "xml", "columns": "a..b"}, status=422)
    assert {error["name"] for error in answer.json["errors"]} == {"filters", "format", "columns"}


def test_everything_wrong_with_a_query_is_said_at_once(api):
    query = {"filters": "x ~ 5", "format": "xml", "columns": "a..b", "per_page": 0, "sort_by": "x", "red": 1}
    answer = api.get("/results", query, status=422)
    assert {error["name"] for error in answer.json["errors"]} == query.keys()
    assert (answer.json["position"], answer.json["example"]) == (2, "machine.cpu.count > 4")


def test_a_path_that_cannot_be_sorted_by_is_answered_with_what_can(api):
    for sort_by in ("json.a..b", "-json.a b", "json.a\\"):
        answer = api.get("/results", {"sort_by": sort_by}, status=422)
        assert "site_name" in answer.json["errors"][0]["detail"], sort_by


def test_unknown_parameters_are_refused(api):
    for path, key in (
        ("/results", "benchmark"),
        ("/results:search", "benchmark_id"),
        ("/results:search", "filters"),
        ("/users/self/results", "user"),
    ):
        answer = api.get(path, {key: "x"}, as_="user", status=422)
        assert [error["name"] for error in answer.json["errors"]] == [key]
    api.get("/results", {"status": "approved"}, status=422)


@pytest.mark.parametrize(
    ("field", "direction"),
    [
        (field, direction)
        for field in (
            "id",
            "execution_datetime",
            "upload_datetime",
            "benchmark_id",
            "benchmark_name",
            "site_id",
            "site_name",
            "site_address",
            "flavor_id",
            "flavor_name",
        )
        for direction in "+-"
    ],
)
def test_every_field_sorts(api, make, field, direction):
    for number in (2, 3, 1):
        make.result(
            benchmark=make.benchmark(docker_image=f"image-{number}"),
            flavor=make.flavor(
                name=f"flavor-{number}", site=make.site(name=f"site-{number}", address=f"address-{number}")
            ),
        )

    def key(item):
        benchmark = item["benchmark"]
        return {
            **item,
            "benchmark_name": f"{benchmark['docker_image']}:{benchmark['docker_tag']}",
            **{f"{kind}_id": item[kind]["id"] for kind in ("benchmark", "site", "flavor")},
            "site_name": item["site"]["name"],
            "site_address": item["site"]["address"],
            "flavor_name": item["flavor"]["name"],
        }[field]

    items = api.items("/results", {"sort_by": direction + field})
    values = [key(item) for item in items]
    assert values == sorted(values, reverse=direction == "-")


def test_sorting_by_a_path_puts_missing_last_and_types_in_order(api, make):
    values = [True, "b", 10, {"o": 1}, None, "a", 9.5, False]
    results = {str(value): make.result(json={"a,b": {"x": value}}) for value in values}
    missing = make.result(json={})
    ascending = ["9.5", "10", "a", "b", "False", "True", "{'o': 1}"]
    expected = ids([results[name] for name in ascending])
    shown = found(api, sort_by="json.a\\,b.x")
    assert shown[:7] == expected
    assert set(shown[7:]) == set(ids([results["None"], missing]))
    descending = ["10", "9.5", "b", "a", "True", "False", "{'o': 1}"]
    assert found(api, sort_by="-json.a\\,b.x")[:7] == ids([results[name] for name in descending])
    assert len(found(api, sort_by="json")) == 9
    api.get("/results", {"sort_by": "json."}, status=422)
    answer = api.get("/results", {"sort_by": "json.a..b"}, status=422)
    assert answer.json["errors"][0]["name"] == "sort_by"
    api.get("/results", {"sort_by": "uploader"}, status=422)


@pytest.mark.parametrize("sort_by", ["", "-json.time,benchmark_name", "+site_name", "-upload_datetime"])
def test_walking_by_page_and_by_cursor_gives_the_same(api, make, sort_by):
    site = make.site()
    flavor, benchmark = make.flavor(site=site), make.benchmark()
    for number in range(7):
        make.result(flavor=flavor, benchmark=benchmark, json={"time": number % 3} if number else {})
    everything = found(api, sort_by=sort_by)
    by_page = [i for page in (1, 2, 3) for i in found(api, sort_by=sort_by, per_page=3, page=page)]
    by_cursor, cursor = [], ""
    while cursor is not None:
        page = api.get("/results", {"sort_by": sort_by, "per_page": 3, "cursor": cursor}).json
        by_cursor += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert len(everything) == 7
    assert by_page == by_cursor == everything
    api.get("/results", {"cursor": "rubbish"}, status=422)


def test_all_filters_work_on_own_results(api, make):
    user = api.person("user")
    mine = make.result(uploader=user, json={"x": 1}, removed=True)
    make.result(uploader=user, json={"x": 2})
    make.result(json={"x": 1})
    assert found(api, "/users/self/results", "user", filters="x == 1") == ids([mine])
    assert found(api, "/users/self/results", "user", benchmark_id=mine.benchmark_id) == ids([mine])
