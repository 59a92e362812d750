"""What the earlier service kept is here afterwards, under the same ids."""

from __future__ import annotations

import datetime
import uuid

import pytest
import sqlalchemy as sa

from eoscperf.testing.api import ApiClient
from eoscperf.testing.earlier import ISSUER, REVISIONS, EarlierDatabase
from tests.functional.earlier.conftest import People, TakeOver

STAMP = "2022-03-04T05:06:07.890123Z"


@pytest.mark.parametrize("revision", REVISIONS)
def test_everything_is_taken_over(
    empty_earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient, revision: str
) -> None:
    earlier = empty_earlier
    earlier.create(revision)
    ann, bob = earlier.user("ann"), earlier.user("bob")
    site = earlier.site("KIT", address="Karlsruhe", description="By the forest", uploader=ann)
    flavor = earlier.flavor("m1.large", site=site, uploader=bob)
    url = {"url": "https://hub.docker.com/r/acme/io"} if revision == REVISIONS[-1] else {}
    benchmark = earlier.benchmark("acme/io", docker_tag="2", json_schema={"type": "object"}, **url)
    tags = [earlier.tag("cloud"), earlier.tag("vm", description="virtual")]
    result = earlier.result(benchmark=benchmark, flavor=flavor, json={"score": 1.5}, tags=tags, uploader=bob)

    report = take_over()

    assert report["revision"] == revision
    assert {name: counts["inserted"] for name, counts in report["tables"].items()} == {
        "user": 3, "tag": 2, "site": 1, "flavor": 1, "benchmark": 1, "result": 1, "result_tags": 2,
        "claim": 0, "submit": 0,
    }  # fmt: skip
    assert report["findings"] == {}
    shown = api.get(f"/results/{result['id']}", as_="admin", status=200).json
    assert shown["json"] == {"score": 1.5}
    assert (shown["status"], shown["disputed"]) == ("visible", False)
    assert (shown["execution_datetime"], shown["upload_datetime"]) == ("2022-03-04T04:06:07.890123Z", STAMP)
    assert {key: shown["site"][key] for key in ("id", "name", "address", "description")} == {
        "id": str(site["id"]),
        "name": "KIT",
        "address": "Karlsruhe",
        "description": "By the forest",
    }
    assert shown["site"]["uploader"] == {
        "sub": "ann",
        "iss": ISSUER,
        "email": "ann@example.org",
        "registration_datetime": STAMP,
        "role": "user",
    }
    assert (shown["flavor"]["id"], shown["flavor"]["site_id"]) == (str(flavor["id"]), str(site["id"]))
    assert shown["benchmark"]["id"] == str(benchmark["id"])
    assert shown["benchmark"].get("url") == url.get("url")
    assert shown["benchmark"]["json_schema"] == {"type": "object"}
    assert shown["tags"] == [
        {"id": str(tags[0]["id"]), "name": "cloud"},
        {"id": str(tags[1]["id"]), "name": "vm", "description": "virtual"},
    ]
    assert shown["uploader"]["sub"] == "bob"


def test_nothing_but_a_log_entry_tells_of_it(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient, connection: sa.Connection
) -> None:
    earlier.result()
    earlier.site("Waiting", status="on_review")
    report = take_over()
    (entry,) = api.items("/reports/log", as_="admin")
    assert (entry["action"], entry["resource_type"]) == ("import", "earlier_service")
    assert entry["id"] == report["log_entry"]
    assert "actor" not in entry
    assert entry["details"]["inserted"]["result"] == 1
    outboxes = [name for name in sa.inspect(connection).get_table_names() if name.startswith("mail_")]
    assert outboxes
    for name in outboxes:
        assert connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) == 0
    api.post(f"/reports/log/{entry['id']}:undo", as_="admin", status=409)


def test_searches_facets_and_totals_know_what_came(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    schema = {"type": "object", "properties": {"cpu": {"type": "string"}, "cores": {"type": "integer"}}}
    benchmark = earlier.benchmark(json_schema=schema)
    flavor = earlier.flavor(site=earlier.site("CESNET"))
    tag = earlier.tag("gpu")
    ids = [
        str(earlier.result(benchmark=benchmark, flavor=flavor, json=json, tags=tags)["id"])
        for json, tags in (({"cpu": "EPYC", "cores": 8}, [tag]), ({"cpu": "Xeon", "cores": 4}, []))
    ]
    earlier.result(benchmark=benchmark, flavor=flavor, json={"cpu": "EPYC", "cores": 2}, deleted=True)
    take_over()
    for query, found in (
        ("filters=cores > 5", ids[:1]),
        ("filters=cpu == Xeon", ids[1:]),
        (f"tags_ids={tag['id']}", ids[:1]),
        ("sort_by=json.cores", ids[::-1]),
        ("sort_by=-json.cores&terms=cesnet", ids),
        ("filters=cores in [2]", []),
    ):
        page = api.get(
            f"/results?benchmark_id={benchmark['id']}&{query}".replace(" ", "%20"), status=200
        ).json
        assert [item["id"] for item in page["items"]] == found, query
        assert page["total"] == len(found), query
    for path, term in (("/sites", "cesn"), ("/benchmarks", benchmark["docker_image"]), ("/tags", "GP")):
        assert api.get(f"{path}:search?terms={term}", status=200).json["total"] == 1
    assert api.get(f"/sites/{flavor['site_id']}/flavors:search?terms={flavor['name']}").json["total"] == 1


def test_an_imported_result_cannot_be_uploaded_again(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient, person_of: People
) -> None:
    benchmark, flavor = earlier.benchmark(), earlier.flavor()
    person = earlier.user("ann", iss=person_of.iss)
    result = earlier.result(benchmark=benchmark, flavor=flavor, json={"a": 1.0, "b": [2]}, uploader=person)
    take_over()
    query = f"benchmark_id={benchmark['id']}&flavor_id={flavor['id']}&execution_datetime="
    same, other = "2022-03-04T04:06:07.890123Z", "2022-03-04T04:06:07.890124Z"
    ann = person_of("ann")
    refused = api.post(f"/results?{query}{same}", {"b": [2], "a": 1}, as_=ann, status=409)
    assert refused.json["existing"] == str(result["id"])
    api.post(f"/results?{query}{other}", {"b": [2], "a": 1}, as_=ann, status=201)
    assert api.get(f"/results?benchmark_id={benchmark['id']}").json["total"] == 2


def test_people_find_their_accounts_and_results(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient, person_of: People
) -> None:
    person = earlier.user("ann", iss=person_of.iss, email="Ann@Example.org")
    shown = earlier.result(uploader=person)
    hidden = earlier.result(uploader=person, deleted=True, execution_datetime=datetime.datetime(2021, 1, 1))
    take_over()
    ann = person_of("ann")
    me = api.get("/users/self", as_=ann, status=200).json
    assert (me["email"], me["registration_datetime"], me["role"]) == ("Ann@Example.org", STAMP, "user")
    assert [item["id"] for item in api.items("/users/self/results", as_=ann)] == [
        str(hidden["id"]),
        str(shown["id"]),
    ]
    assert api.get("/users:search?terms=ANN@EX", as_="admin").json["total"] == 1


def test_time_zones_of_database_and_host_are_told_apart(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    noon = datetime.datetime(2022, 7, 1, 12)
    result = earlier.result(execution_datetime=noon, upload_datetime=noon)
    take_over(db_timezone="America/New_York", app_timezone="Europe/Berlin")
    shown = api.get(f"/results/{result['id']}").json
    assert (shown["execution_datetime"], shown["upload_datetime"]) == (
        "2022-07-01T16:00:00Z",
        "2022-07-01T10:00:00Z",
    )
    assert shown["site"]["upload_datetime"] == "2022-03-04T04:06:07.890123Z"


def test_values_over_todays_limits_are_kept(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient
) -> None:
    long = "x" * 20_000
    site = earlier.site(long, address=long, description=long)
    flavor = earlier.flavor(long, site=site)
    benchmark = earlier.benchmark(long, docker_tag=long, description=long)
    tags = [earlier.tag(f"{number} {long}") for number in range(60)]
    json = {"text": long * 60, "big": "0", "spaced name ": " ", "tab": "\t\x01"}
    result = earlier.result(flavor=flavor, benchmark=benchmark, tags=tags, json=json)
    take_over()
    shown = api.get(f"/results/{result['id']}", status=200).json
    assert shown["json"] == json
    assert shown["site"]["name"] == shown["flavor"]["name"] == shown["benchmark"]["docker_tag"] == long
    assert len(shown["tags"]) == 60


def test_more_than_one_chunk_comes_whole(
    earlier: EarlierDatabase, take_over: TakeOver, api: ApiClient, connection: sa.Connection
) -> None:
    person, benchmark, flavor = earlier.user(), earlier.benchmark(), earlier.flavor()
    tag = earlier.tag("t")
    earlier.execute(
        f"""INSERT INTO result SELECT gen_random_uuid(), mod(n, 2) = 0, json_build_object('n', n),
            timestamp '2022-01-01' + n * interval '1 second', '{benchmark["id"]}', '{flavor["id"]}',
            '{flavor["site_id"]}', NULL, '{person["sub"]}', '{person["iss"]}', timestamp '2022-02-01'
            FROM generate_series(1, 1203) n""",
        f"INSERT INTO result_tags SELECT id, '{tag['id']}' FROM result",
    )
    asked: list[str] = []
    sa.event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
    report = take_over()
    assert report["tables"]["result"]["inserted"] == report["tables"]["result_tags"]["inserted"] == 1203
    # Where there were no links none is looked for with every chunk.
    looked = ("WHERE result_tags.result_id = ANY", "WHERE result_tags.result_id IN")
    assert not [each for each in asked if any(words in each for words in looked)]
    assert report["inserted_results_by_status"] == {"removed": 601, "visible": 602}
    page = api.get(f"/results?tags_ids={tag['id']}&sort_by=-json.n&per_page=2", status=200).json
    assert (page["total"], [item["json"]["n"] for item in page["items"]]) == (602, [1203, 1201])
    assert connection.scalar(sa.text("SELECT count(DISTINCT duplicate_key) FROM results")) == 1203


def test_ids_of_accounts_are_ordinary_ones(
    earlier: EarlierDatabase, take_over: TakeOver, connection: sa.Connection
) -> None:
    earlier.user("ann")
    take_over()
    identifier = uuid.UUID(str(connection.scalar(sa.text("SELECT id FROM users"))))
    assert (identifier.version, identifier.variant) == (4, uuid.RFC_4122)
