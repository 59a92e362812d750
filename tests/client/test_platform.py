"""The library against the platform, on both databases."""

from __future__ import annotations

import datetime
import gzip
import io
import json

import httpx
import pytest
import zstandard

from eoscperf.client import (
    Changed,
    Client,
    Duplicate,
    Forbidden,
    Invalid,
    NewResult,
    NotFound,
    NotLoggedIn,
    Problem,
    RateLimited,
    Retries,
    Unauthenticated,
    UnknownName,
)
from tests.client.conftest import SERVER

WHEN = "2024-06-01T08:00:00Z"

SCHEMA = {
    "type": "object",
    "required": ["time"],
    "properties": {"time": {"type": "number", "x-headline": True, "x-better": "lower", "x-unit": "s"}},
}


@pytest.fixture
def place(make):
    """A benchmark and a flavor to upload for, as keyword arguments."""
    benchmark = make.benchmark(docker_image="example/raytracer", docker_tag="2.1", json_schema=SCHEMA)
    flavor = make.flavor(name="c8.large", site=make.site(name="Hillside"))
    return {"benchmark_id": str(benchmark.id), "flavor_id": str(flavor.id), "execution_datetime": WHEN}


def new(place, **json):
    return NewResult(json, place["benchmark_id"], place["flavor_id"], place["execution_datetime"])


def test_what_is_submitted_approved_and_changed_is_seen(client_of):
    ann, admin, anybody = client_of("ann"), client_of("admin"), client_of()
    site = ann.sites.submit("Hillside", "Hill 1", description="On a hill")
    flavor = ann.flavors.submit(site["id"], "c8.large")
    benchmark = ann.benchmarks.submit("example/raytracer", "2.1", SCHEMA, url="https://example.org/r")
    assert site["status"] == "on_review"
    with pytest.raises(NotFound):
        anybody.sites.get(site["id"])
    assert {one["resource_type"] for one in admin.moderation.queue()} == {"site", "flavor", "benchmark"}
    for kind, id in (("site", site["id"]), ("flavor", flavor["id"]), ("benchmark", benchmark["id"])):
        admin.moderation.approve(kind, id, message="Welcome")
    assert anybody.sites.list().items == [anybody.sites.get(site["id"])]
    assert anybody.flavors.site(flavor["id"])["name"] == "Hillside"
    assert [one["name"] for one in anybody.flavors.iter(site["id"], "c8")] == ["c8.large"]
    assert anybody.benchmarks.list("RAYTRACER", docker_image=None).total == 1
    admin.sites.update(site["id"], address="Hill 2")
    found = anybody.sites.get(site["id"])
    assert (found["address"], found["description"]) == ("Hill 2", "On a hill")
    admin.sites.update(site["id"], description=None)
    assert "description" not in anybody.sites.get(site["id"])
    admin.benchmarks.update(benchmark["id"], description="Traces rays")
    assert anybody.benchmarks.get(benchmark["id"])["json_schema"] == SCHEMA
    with pytest.raises(Forbidden):
        ann.sites.update(site["id"], address="Mine")


def test_two_who_change_the_same_thing_do_not_overwrite_each_other(client_of, make):
    admin, id = client_of("admin"), str(make.site(name="Hillside").id)
    seen = admin.sites.versioned(id)
    with admin.sites.edit(id) as site:
        site["name"] = "Dale"
    with pytest.raises(Changed):
        admin.sites.update(id, if_match=seen.etag, name="Valley")
    with pytest.raises(Changed), admin.sites.edit(id) as site:
        admin.sites.update(id, address="Elsewhere")
        site["name"] = "Valley"
    assert admin.sites.get(id)["name"] == "Dale"
    admin.sites.delete(id, if_match=admin.sites.versioned(id).etag)
    admin.sites.restore(id)
    assert admin.sites.get(id)["status"] == "approved"


def test_lists_come_page_by_page_and_whole(client_of, make):
    for number in range(5):
        make.tag(f"tag {number}")
    tags = client_of().tags
    first = tags.list(per_page=2, sort_by="-name")
    assert ([one["name"] for one in first], first.total, first.pages, first.next_num) == (
        ["tag 4", "tag 3"],
        5,
        3,
        2,
    )
    assert [one["name"] for one in tags.list(page=3, per_page=2)] == ["tag 4"]
    assert [one["name"] for one in tags.iter(per_page=2)] == [f"tag {number}" for number in range(5)]
    assert [one["name"] for one in tags.iter(["TAG", "3"])] == ["tag 3"]


def test_a_list_that_grows_while_it_is_read_repeats_nothing(client_of, make):
    for name in "bdf":
        make.tag(name)
    found = client_of().tags.iter(per_page=1)
    names = [next(found)["name"]]
    make.tag("a")
    make.tag("e")
    assert names + [one["name"] for one in found] == ["b", "d", "e", "f"]


def test_an_upload_that_is_repeated_is_stored_once(client_of, place):
    ann = client_of("ann")
    stored = ann.results.submit({"time": 12.5}, **place)
    assert ann.results.submit({"time": 12.5}, **place) == stored
    assert client_of("ann").results.store({"time": 12.5}, **place).replayed
    with pytest.raises(Duplicate) as error:
        ann.results.submit({"time": 12.5}, **place, idempotency_key="another")
    assert error.value.existing == stored["id"]
    assert ann.results.list().total == 1


def test_numbers_of_a_text_arrive_as_they_were_written(client_of, place, api):
    stored = client_of("ann").results.submit('{"time": 12.50,\r\n "large": 12345678901234567890}', **place)
    text = api.get(f"/results/{stored['id']}").text
    assert '"time":12.50' in text
    assert "12345678901234567890" in text


def test_an_answer_that_is_lost_doubles_nothing(platform, api, retries, place):
    class Lossy(httpx.BaseTransport):
        """Loses the first answer to each upload, after it was stored."""

        def __init__(self):
            self.lost = []

        def handle_request(self, request):
            answer = platform.handle_request(request)
            if request.method == "POST" and request.url.path not in self.lost:
                answer.read()
                self.lost.append(request.url.path)
                raise httpx.ReadError("reset")
            return answer

    lossy = Lossy()
    client = Client(SERVER, api.token("ann"), transport=lossy, retries=retries)
    stored = client.results.submit({"time": 1}, **place)
    outcomes = list(client.results.upload([new(place, time=2), new(place, time=3)]))
    assert len(lossy.lost) == 2
    assert [outcome.status for outcome in outcomes] == ["created", "created"]
    assert client.results.list().total == 3
    assert {stored["id"], *(outcome.id for outcome in outcomes)} == {
        one["id"] for one in client.results.iter()
    }


def test_many_results_are_stored_or_refused_one_by_one(client_of, place, monkeypatch):
    monkeypatch.setattr("eoscperf.client.uploads.MOST_ITEMS", 2)
    ann = client_of("ann")
    given = [
        new(place, time=1),
        new(place, time="x"),
        new(place, time=2),
        new(place, time=1),
        new(place, time=3),
    ]
    outcomes = list(ann.results.upload(given))
    assert [(one.index, one.status) for one in outcomes] == [
        (0, "created"),
        (1, "refused"),
        (2, "created"),
        (3, "duplicate"),
        (4, "created"),
    ]
    assert str(outcomes[1].problem) == "1 error in the request: /time 'x' is not of type 'number'"
    assert outcomes[3].id == outcomes[0].id
    again = list(ann.results.upload([*given[:1], *given[2:]]))
    assert {one.status for one in again} == {"duplicate"}
    assert ann.results.list().total == 3


def test_what_was_refused_can_be_sent_again_once_it_is_right(client_of, make, place):
    ann, tag = client_of("ann"), make.tag("fast")
    flavor = make.flavor(status="on_review", uploader=make.user("ann"), site=make.site())
    given = [
        new(place, time=1),
        NewResult({"time": 2}, place["benchmark_id"], str(flavor.id), WHEN, [str(tag.id)]),
    ]
    assert [one.status for one in ann.results.upload(given)] == ["created", "refused"]
    client_of("admin").moderation.approve("flavor", str(flavor.id))
    assert [one.status for one in ann.results.upload(given)] == ["duplicate", "created"]


def test_a_dry_run_stores_nothing(client_of, place):
    ann = client_of("ann")
    ann.results.validate({"time": 1}, **place)
    with pytest.raises(Invalid):
        ann.results.validate({"time": "x"}, **place)
    outcomes = ann.results.upload([new(place, time=1), new(place, time="x")], dry_run=True)
    assert [one.status for one in outcomes] == ["valid", "refused"]
    assert ann.results.list().total == 0


def test_all_or_none_are_stored(client_of, place):
    ann = client_of("ann")
    with pytest.raises(Invalid):
        list(ann.results.upload([new(place, time=1), new(place, time="x")], mode="atomic"))
    assert ann.results.list().total == 0
    given = [new(place, time=1), new(place, time=2)]
    first = list(ann.results.upload(given, mode="atomic"))
    assert [one.status for one in first] == ["created", "created"]
    assert [one.id for one in ann.results.upload(given, mode="atomic")] == [one.id for one in first]
    assert list(ann.results.upload([], mode="atomic")) == []


def test_uploads_are_cut_to_what_the_server_takes(client_of, place, set_setting):
    set_setting("limits.batch_bytes", 1000)
    ann = client_of("ann")
    given = [new(place, time=number, text="x" * 200) for number in range(5)]
    assert [one.status for one in ann.results.upload(given)] == ["created"] * 5
    (outcome,) = ann.results.upload([new(place, time=9, text="x" * 2000)])
    assert outcome.status == "refused"
    assert outcome.problem.status == 413


def test_an_upload_without_a_token_is_an_error_for_all(client_of, place):
    with pytest.raises(Unauthenticated):
        list(client_of().results.upload([new(place, time=1)]))


def test_exports_are_whole_in_every_format(client_of, place, tmp_path):
    ann = client_of("ann")
    stored = [ann.results.submit({"time": number}, **place) for number in range(3)]
    results = client_of().results
    assert sorted(one["json"]["time"] for one in results.export_results()) == [0, 1, 2]
    csv = b"".join(results.export("csv", ["time"], sort_by="-json.time", benchmark_id=place["benchmark_id"]))
    assert csv.decode().splitlines()[0].endswith(",time [s]")
    assert csv.decode().splitlines()[1].startswith(stored[2]["id"])
    size = results.save(tmp_path / "all.json", "json")
    assert (tmp_path / "all.json").stat().st_size == size
    assert {one["id"] for one in json.loads((tmp_path / "all.json").read_text())} == {
        one["id"] for one in stored
    }
    results.save(tmp_path / "all.ndjson.gz")
    assert len(gzip.decompress((tmp_path / "all.ndjson.gz").read_bytes()).splitlines()) == 3
    results.save(tmp_path / "all.ndjson.zst")
    with zstandard.open(tmp_path / "all.ndjson.zst") as file:
        assert len(file.read().splitlines()) == 3
    target = io.BytesIO()
    results.save(target, "parquet")
    assert target.getvalue().startswith(b"PAR1")
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_an_export_that_breaks_off_leaves_no_file(client_of, place, tmp_path):
    with pytest.raises(Invalid):
        client_of().results.save(tmp_path / "all.csv", "csv", filters="nonsense")
    assert [path.name for path in tmp_path.iterdir() if path.suffix] == []


def test_a_data_frame_has_a_row_for_each_result(client_of, place):
    ann = client_of("ann")
    for number in range(3):
        ann.results.submit({"time": number, "cpu": {"count": 8}}, **place)
    frame = client_of().results.to_dataframe(filters="time > 0", sort_by="+json.time")
    assert list(frame["time"]) == [1, 2]
    assert set(frame["cpu.count"]) == {8}
    assert set(frame["flavor"]) == {"c8.large"}
    own = ann.users.results.to_dataframe(["time"])
    assert len(own) == 3
    assert "cpu.count" not in own


def test_results_are_filtered_counted_and_compared(client_of, place):
    ann = client_of("ann")
    for time in (3, 1, 2):
        ann.results.submit({"time": time}, **place)
    anybody = client_of()
    assert anybody.results.list(filters=["time > 1", "time < 3"], execution_after="2024-06-01").total == 1
    assert anybody.results.list(execution_before=datetime.date(2024, 6, 1)).total == 0
    assert anybody.results.facets(facet=["site"])["facets"][0]["values"][0]["count"] == 3
    (cell,) = anybody.medians("example/raytracer:2.1")
    assert (cell.site, cell.flavor, cell.count, cell.median, cell.ratio) == ("Hillside", "c8.large", 3, 2, 1)
    assert anybody.medians("example/raytracer", "no.such") == []


def test_a_claim_hides_a_result_until_it_is_decided(client_of, place, make):
    ann, bob, admin = client_of("ann"), client_of("bob"), client_of("admin")
    id = ann.results.submit({"time": 1}, **place)["id"]
    claim = bob.results.claim(id, "Far too quick", reason="implausible")
    assert bob.results.list().total == 0
    assert [one["id"] for one in ann.results.claims(id)] == [claim["id"]]
    assert [one["id"] for one in bob.users.claims()] == [claim["id"]]
    assert [one["id"] for one in admin.moderation.claims(status="on_review")] == [claim["id"]]
    admin.moderation.show(claim["id"])
    assert bob.results.list().total == 1
    admin.moderation.reject("claim", claim["id"], message="It is plausible")
    assert bob.claims.get(claim["id"])["status"] == "rejected"
    entry = next(admin.moderation.log(action="claim_reject"))
    admin.moderation.undo(entry["id"])
    bob.claims.withdraw(claim["id"])
    assert bob.results.get(id)["status"] == "visible"


def test_an_uploader_tags_withdraws_and_restores(client_of, place, make):
    ann, tag = client_of("ann"), make.tag("fast")
    id = ann.results.submit({"time": 1}, **place)["id"]
    ann.results.set_tags(id, [str(tag.id)])
    assert [one["name"] for one in ann.results.get(id)["tags"]] == ["fast"]
    ann.results.withdraw(id, message="A mistake")
    with pytest.raises(Problem) as error:
        client_of().results.get(id)
    assert error.value.type == "withdrawn"
    ann.results.restore(id)
    client_of("admin").results.delete(id, message="Wrong")
    assert ann.results.get(id)["status"] == "removed"
    assert client_of("admin").results.uploader(id)["email"] == "ann@example.org"


def test_people_register_and_administrators_give_roles(client_of):
    stranger = client_of("stranger")
    with pytest.raises(NotFound):
        stranger.users.self()
    with pytest.raises(Forbidden) as error:
        stranger.tags.submit("x")
    assert error.value.type == "not-registered"
    user = stranger.users.register()
    assert stranger.users.self()["sub"] == user["sub"]
    stranger.users.update_self()
    admin = client_of("admin")
    assert admin.users.list(email=user["email"]).total == 1
    admin.users.set_role(user["sub"], user["iss"], "admin", message="Helps out")
    assert stranger.users.is_admin()
    assert len(list(admin.users.iter("stranger"))) == 1


def test_names_lead_to_things(client_of, make):
    names = client_of().names
    site = make.site(name="A/B")
    other = make.site(name="A")
    flavor = make.flavor(name="c/8", site=site)
    benchmark = make.benchmark(docker_image="registry.example.org:5000/a/b", docker_tag="1")
    tag = make.tag("fast")
    assert names.site("A/B")["id"] == names.site(str(site.id))["id"] == str(site.id)
    assert names.flavor("A/B/c/8")["id"] == names.flavor("c/8", "A/B")["id"] == str(flavor.id)
    assert names.flavor(str(flavor.id).upper())["name"] == "c/8"
    assert names.benchmark("registry.example.org:5000/a/b")["id"] == str(benchmark.id)
    assert names.benchmark("registry.example.org:5000/a/b:1")["id"] == str(benchmark.id)
    assert names.tag("fast")["id"] == names.tag(str(tag.id))["id"] == str(tag.id)
    for wrong in (
        lambda: names.site("nowhere"),
        lambda: names.flavor("c/8", "A"),
        lambda: names.flavor("c8"),
        lambda: names.flavor("A/none"),
        lambda: names.benchmark("a:2"),
        lambda: names.tag("slow"),
    ):
        with pytest.raises(UnknownName):
            wrong()
    make.flavor(name="B/c/8", site=other)
    with pytest.raises(UnknownName, match="several ways"):
        client_of().names.flavor("A/B/c/8")
    make.benchmark(docker_image="registry.example.org:5000/a/b", docker_tag="2")
    with pytest.raises(UnknownName, match="name one of 1, 2"):
        names.benchmark("registry.example.org:5000/a/b")


def test_ones_own_things_on_review_are_found_by_name(client_of, make):
    make.site(name="Hillside", status="on_review", uploader=make.user("ann"))
    assert client_of("ann").names.site("Hillside")["status"] == "on_review"
    with pytest.raises(UnknownName):
        client_of().names.site("Hillside")


def test_a_server_says_what_it_can_do(client_of):
    assert client_of().capabilities()["parquet"]["description"]


def test_the_server_is_waited_for_as_long_as_it_says(platform, api, set_rate, waits):
    set_rate(writes="1/day")
    retries = Retries(attempts=3, longest=100_000, sleep=waits)
    ann = Client(SERVER, api.token("ann"), transport=platform, retries=retries)
    ann.tags.submit("one")
    with pytest.raises(RateLimited) as error:
        ann.tags.submit("two")
    assert len(waits.seconds) == 2
    assert waits.seconds[1] >= error.value.retry_after - 1 > 0


def test_a_token_that_ran_out_does_not_pass_for_nobody(client_of, platform, api):
    client = Client(SERVER, api.token("ann", exp=1_000_000), transport=platform)
    with pytest.raises(Unauthenticated):
        client.tags.list()
    with pytest.raises(NotLoggedIn):
        Client(SERVER, profile="work", transport=platform)
