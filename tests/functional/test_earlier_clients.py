"""Clients written for EOSC Performance, the service before this one, find what they ask for.

The requests are as its users wrote them: base addresses that end in a slash, plus signs that nobody
escaped, `[]` at the end of keys. What such clients read of an answer is still where it was.
"""

from __future__ import annotations

from typing import Any

import pytest

from eoscperf.results.models import Result
from eoscperf.testing.api import ApiClient
from eoscperf.testing.factories import Make

PAGE = {"has_next", "has_prev", "items", "next_num", "page", "pages", "per_page", "prev_num", "total"}

UPLOAD = "execution_datetime=2021-09-08%2020:37:10.192459+00:00"
"""As str() writes a datetime, with its plus as it stands."""


@pytest.fixture
def run(make: Make) -> Result:
    """One result with two tags among others, as a site would have published it."""
    site = make.site(name="CESNET-MCC", address="cesnet.example.org")
    benchmark = make.benchmark(
        docker_image="thechristophe/openbench-c-ray",
        docker_tag="latest",
        description="ray tracer",
        url="https://example.org/c-ray",
    )
    tags = [make.tag("cloud"), make.tag("vm")]
    first, *_ = [
        make.result(
            benchmark=benchmark,
            flavor=make.flavor(site=site, name=f"standard.{cores}"),
            tags=tags if cores == 8 else tags[:1],
            json={"machine": {"cpu": {"count": cores}}, "result": {"score": score}},
        )
        for cores, score in ((8, 105.238), (4, 256.711), (2, 516.68))
    ]
    return first


def _ids(answer: Any) -> list[str]:
    return [item["id"] for item in answer["items"]]


def test_a_page_has_the_documented_members(api: ApiClient, run: Result) -> None:
    page = api.get("/results?per_page=2&page=1", status=200).json
    assert set(page) == PAGE
    assert (page["total"], page["pages"], page["page"], page["next_num"]) == (3, 2, 1, 2)
    last = api.get("/results?per_page=2&page=2", status=200).json
    assert (len(last["items"]), last["has_next"], last["prev_num"]) == (1, False, 1)


def test_a_page_after_the_last_is_empty(api: ApiClient, run: Result) -> None:
    assert api.get("/results?page=9", status=200).json["items"] == []


@pytest.mark.parametrize("path", ["/benchmarks", "//benchmarks", "///benchmarks"])
def test_a_benchmark_is_found_by_image_and_tag(api: ApiClient, run: Result, path: str) -> None:
    query = "?docker_image=thechristophe/openbench-c-ray&docker_tag=latest"
    (item,) = api.get(path + query, status=200).json["items"]
    assert item["id"] == str(run.benchmark_id)
    assert set(item) >= {"docker_image", "docker_tag", "json_schema", "url", "description", "upload_datetime"}
    assert isinstance(item["json_schema"], dict)


@pytest.mark.parametrize(
    ("path", "terms"),
    [
        ("/benchmarks:search", "terms=openbench&terms=c-ray"),
        ("/benchmarks%3Asearch", "terms[]=openbench&terms[]=c-ray"),
        ("/benchmarks:search", "terms%5B%5D=thechristophe/openbench-c-ray:latest"),
        ("//sites:search", "terms=cesnet"),
        ("/tags:search", "terms=clo"),
        ("/results:search", "terms=standard.8&terms=CESNET"),
    ],
)
def test_terms_find_one(api: ApiClient, run: Result, path: str, terms: str) -> None:
    assert api.get(f"{path}?{terms}", status=200).json["total"] == 1


def test_sites_flavors_and_tags_are_found_by_name(api: ApiClient, run: Result) -> None:
    (site,) = api.get("//sites?name=CESNET-MCC", status=200).json["items"]
    assert set(site) >= {"id", "name", "address", "upload_datetime"}
    (flavor,) = api.get(f"//sites/{site['id']}/flavors?name=standard.8", status=200).json["items"]
    assert flavor["id"] == str(run.flavor_id)
    assert api.get(f"/flavors/{flavor['id']}", status=200).json["name"] == "standard.8"
    assert api.get(f"/flavors/{flavor['id']}/site", status=200).json["id"] == site["id"]
    (tag,) = api.get("/tags?name=vm", status=200).json["items"]
    assert set(tag) >= {"id", "name"}


def test_results_come_with_all_they_belong_to(api: ApiClient, run: Result) -> None:
    (item,) = api.get(f"/results?flavor_id={run.flavor_id}", status=200).json["items"]
    assert set(item) >= {
        "id", "json", "execution_datetime", "upload_datetime", "benchmark", "site", "flavor", "tags",
    }  # fmt: skip
    assert item["json"]["result"]["score"] == 105.238
    assert (item["site"]["name"], item["flavor"]["name"]) == ("CESNET-MCC", "standard.8")
    assert [tag["name"] for tag in item["tags"]] == ["cloud", "vm"]


@pytest.mark.parametrize(
    ("query", "flavors"),
    [
        ("sort_by=+json.result.score", ["standard.8", "standard.4", "standard.2"]),
        ("sort_by=-json.result.score", ["standard.2", "standard.4", "standard.8"]),
        ("sort_by=%2Bjson.machine.cpu.count", ["standard.2", "standard.4", "standard.8"]),
        ("sort_by=+site_name,-flavor_name", ["standard.8", "standard.4", "standard.2"]),
        ("sort_by=+json.machine.cpu.count&filters=machine.cpu.count%20>%203", ["standard.4", "standard.8"]),
        ("filters=machine.cpu.count%20==%208", ["standard.8"]),
        ("filters[]=machine.cpu.count+<=+4&filters[]=result.score+<+300", ["standard.4"]),
    ],
)
def test_results_are_sorted_and_filtered(api: ApiClient, run: Result, query: str, flavors: list[str]) -> None:
    found = api.get(f"//results?{query}", status=200).json["items"]
    assert [item["flavor"]["name"] for item in found] == flavors


def test_an_empty_sort_is_the_usual_one(api: ApiClient, run: Result) -> None:
    usual = _ids(api.get("/results", status=200).json)
    assert _ids(api.get("/results?sort_by=&terms=", status=200).json) == usual


def test_tags_narrow_results_down(api: ApiClient, run: Result) -> None:
    cloud, vm = (api.get(f"/tags?name={name}").json["items"][0]["id"] for name in ("cloud", "vm"))
    assert api.get(f"/results?tags_ids={cloud}").json["total"] == 3
    assert _ids(api.get(f"/results?tags_ids[]={cloud}&tags_ids[]={vm}").json) == [str(run.id)]
    assert _ids(api.get(f"/results?tags_ids={cloud}&tags_ids={vm}").json) == [str(run.id)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("execution_after=2019-05-12", 3),
        ("execution_after=2019-05-12&execution_before=2024-05-01", 0),
        ("execution_before=2025-01-01T00:00:00+00:00", 3),
        ("upload_before=2020-01-01", 0),
        ("upload_after=2020-01-01%2000:00:00.000000%2B00:00", 3),
    ],
)
def test_dates_narrow_results_down(api: ApiClient, run: Result, query: str, found: int) -> None:
    assert api.get(f"/results?{query}", status=200).json["total"] == found


@pytest.mark.parametrize("key", ["tags_ids", "tags_ids[]", "tags_ids%5B%5D"])
def test_a_result_is_uploaded_with_everything_in_the_query(
    api: ApiClient, run: Result, make: Make, key: str
) -> None:
    tags = [str(make.tag(name).id) for name in ("gpu", "ngc")]
    query = f"{UPLOAD}&benchmark_id={run.benchmark_id}&flavor_id={run.flavor_id}" + "".join(
        f"&{key}={tag}" for tag in (*tags, tags[0])
    )
    stored = api.post(
        f"//results?{query}",
        body=b'{"result": {"score": 11.0}}',
        content_type="application/json; charset=utf-8",
        as_="ann",
        status=201,
    )
    assert stored.json["execution_datetime"] == "2021-09-08T20:37:10.192459Z"
    assert sorted(tag["id"] for tag in stored.json["tags"]) == sorted(tags)
    assert b'"score":11.0' in stored.body
    again = api.get(f"/results/{stored.json['id']}", status=200).json
    assert again["benchmark"]["id"] == str(run.benchmark_id)


def test_what_is_submitted_answers_as_documented(api: ApiClient) -> None:
    site = api.post("//sites", {"name": "A", "address": "a.example.org"}, as_="ann", status=201).json
    flavor = api.post(
        f"/sites/{site['id']}/flavors", {"name": "m1", "description": "small"}, as_="ann", status=201
    ).json
    benchmark = api.post(
        "/benchmarks",
        {
            "docker_image": "acme/io",
            "docker_tag": "2",
            "url": "https://example.org/io",
            "json_schema": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"},
        },
        as_="ann",
        status=201,
    ).json
    tag = api.post("/tags", {"name": "io"}, as_="ann", status=201).json
    assert all("id" in item for item in (site, flavor, benchmark, tag))
    waiting = api.get("/reports/submits?sort_by=+upload_datetime", as_="admin", status=200).json["items"]
    assert [item["resource_id"] for item in waiting] == [site["id"], flavor["id"], benchmark["id"]]
    assert set(waiting[0]) >= {"resource_type", "resource_id", "upload_datetime", "uploader"}


def test_a_result_is_claimed_and_the_claim_decided(api: ApiClient, run: Result) -> None:
    claim = api.post(f"/results/{run.id}:claim", {"message": "implausible"}, as_="ann", status=201).json
    assert set(claim) >= {"id", "message", "resource_type", "resource_id", "upload_datetime", "uploader"}
    assert claim["resource_type"] == "result"
    assert _ids(api.get("/reports/claims", as_="admin", status=200).json) == [claim["id"]]
    api.post(f"/reports/claims/{claim['id']}:reject", as_="admin", status=204)
    assert api.get("/results").json["total"] == 3


def test_errors_tell_their_status_where_earlier_clients_look(api: ApiClient) -> None:
    for path, status in (("/results?page=0", 422), ("/sites/0", 404), ("/users/self", 401)):
        assert api.get(path, status=status).json["code"] == status


def test_an_account_is_registered_and_asked_for(api: ApiClient) -> None:
    me = api.post("/users:register", as_="stranger", status=201).json
    assert set(me) >= {"sub", "iss", "email", "registration_datetime"}
    assert api.get("//users/self", as_="stranger", status=200).json == me
    api.get("/users/self:try_admin", as_="stranger", status=403)
    api.get("/users/self:try_admin", as_="admin", status=204)
