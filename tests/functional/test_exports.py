"""Exports of results: every format, whole sets, one snapshot."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import json

import pytest
import sqlalchemy as sa
import zstandard

from eoscperf.extend.directives import export_formats
from eoscperf.results.exports import found

BEFORE_JSON = [
    "id",
    "execution_datetime",
    "upload_datetime",
    "benchmark_id",
    "benchmark",
    "site_id",
    "site",
    "flavor_id",
    "flavor",
    "tags",
    "status",
]


def table(answer):
    """Header and rows of a CSV answer."""
    header, *rows = csv.reader(io.StringIO(answer.body.decode(), newline=""))
    return header, rows


@pytest.fixture
def two(make):
    benchmark = make.benchmark(docker_image="org/bench", docker_tag="1.0")
    flavor = make.flavor(name='c8 "fast"', site=make.site(name="=KIT"))
    first = make.result(
        benchmark=benchmark,
        flavor=flavor,
        json={"time": 11.5, "cpu": {"model": "=1+1", "cores": -4, "hot": True}, "list": [1, "a"]},
        tags=[make.tag("b"), make.tag("a")],
        execution_datetime=datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.UTC),
    )
    return [first, make.result(benchmark=benchmark, flavor=flavor, json={"time": None})]


def test_csv_is_a_table_with_a_header(api, two):
    answer = api.get("/results", {"format": "csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=UTF-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="results.csv"'
    assert "ETag" not in answer.headers
    assert answer.body.endswith(b"\r\n")
    header, rows = table(answer)
    first = two[0]
    assert header == [*BEFORE_JSON, "json"]
    assert rows[0] == [
        str(first.id),
        "2024-05-01T12:00:00Z",
        api.get(f"/results/{first.id}").json["upload_datetime"],
        str(first.benchmark_id),
        "org/bench:1.0",
        str(first.site_id),
        "'=KIT",
        str(first.flavor_id),
        'c8 "fast"',
        "a;b",
        "visible",
        first.json,
    ]


def test_columns_stand_in_place_of_the_json(api, two):
    paths = ["time", "cpu.model", "cpu.cores", "cpu.hot", "list", "list.1", "cpu.no\\ such"]
    header, rows = table(api.get("/results", {"format": "csv", "columns": paths}))
    assert header == [*BEFORE_JSON, *paths]
    # Only text can be a formula; -4 is a number.
    assert rows[0][11:] == ["11.5", "'=1+1", "-4", "true", '[1,"a"]', "a", ""]
    assert rows[1][11:] == ["null", "", "", "", "", "", ""]


def test_ndjson_has_the_results_of_a_page_line_by_line(api, two):
    answer = api.get("/results", headers={"Accept": "application/x-ndjson"})
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line) for line in answer.body.splitlines()] == api.items("/results")


def test_json_is_one_array(api, two, make):
    answer = api.get("/results", {"format": "json"})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="results.json"'
    assert answer.json == api.items("/results")
    assert api.get("/results", {"format": "json", "site_id": make.site().id}).json == []


def test_markdown_is_a_table_of_harmless_text(api, make):
    make.result(flavor=make.flavor(name="a|b\\*<i>"))
    answer = api.get("/results", {"format": "md"})
    assert answer.headers["Content-Type"] == "text/markdown; charset=UTF-8"
    head, rule, line = answer.text.splitlines()
    assert head.count(" | ") == rule.count(" | ") == 11
    assert " a\\|b\\\\\\*\\<i\\> " in line


def test_markdown_ends_after_its_most_rows(api, make, app, monkeypatch):
    import dataclasses

    formats = export_formats(app.registry)
    assert formats["md"].most == 1000
    monkeypatch.setitem(formats, "md", dataclasses.replace(formats["md"], most=2))
    flavor, benchmark = make.flavor(), make.benchmark()
    for _ in range(3):
        make.result(flavor=flavor, benchmark=benchmark)
    assert len(api.get("/results", {"format": "md"}).text.splitlines()) == 4


def test_parquet_has_the_columns_of_the_table(api, two):
    from pyarrow import parquet

    answer = api.get("/results", {"format": "parquet", "columns": ["time", "cpu.model", "time", "status"]})
    assert answer.headers["Content-Type"] == "application/vnd.apache.parquet"
    found = parquet.read_table(io.BytesIO(answer.body))
    assert found.column_names == [*BEFORE_JSON, "time", "cpu.model", "time (13)", "status (14)"]
    assert found["time"].to_pylist() == ["11.5", None]
    assert found["cpu.model"].to_pylist() == ["=1+1", None]
    assert found["execution_datetime"].to_pylist()[0] == two[0].execution_datetime
    assert found["site"].to_pylist() == ["=KIT", "=KIT"]
    accepted = api.get("/results", headers={"Accept": "application/vnd.apache.parquet"})
    assert parquet.read_table(io.BytesIO(accepted.body)).column_names == [*BEFORE_JSON, "json"]


def test_a_format_that_is_not_installed_is_not_acceptable(api, app, monkeypatch):
    import dataclasses

    formats = export_formats(app.registry)
    missing = dataclasses.replace(formats["parquet"], available=lambda: False)
    monkeypatch.setitem(formats, "parquet", missing)
    answer = api.get("/results", {"format": "parquet"}, status=406)
    assert answer.json["available"] == ["csv", "json", "md", "ndjson"]
    api.get("/results", headers={"Accept": "application/vnd.apache.parquet"}, status=406)


def test_format_wins_over_accept(api, two):
    for accept in ("application/x-ndjson", "image/png", "application/json"):
        answer = api.get("/results", {"format": "csv"}, headers={"Accept": accept})
        assert answer.content_type == "text/csv"
    assert api.get("/results", headers={"Accept": "text/csv"}).content_type == "text/csv"
    assert api.get("/results", headers={"Accept": "*/*"}).content_type == "application/json"
    assert "total" in api.get("/results", headers={"Accept": "text/csv;q=0.5, application/json"}).json
    api.get("/results", headers={"Accept": "image/png"}, status=406)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"format": "csv", "page": 1}, {"page"}),
        ({"format": "csv", "per_page": 100, "total": "true", "cursor": ""}, {"per_page", "total", "cursor"}),
        ({"format": "xml"}, {"format"}),
        ({"format": "ndjson", "columns": "time"}, {"columns"}),
        ({"format": "md", "columns": "time"}, {"columns"}),
        ({"columns": "time"}, {"columns"}),
        ({"format": "csv", "columns": ["a..b", "c d"]}, {"columns"}),
        ({"format": "csv", "filters": "x"}, {"filters"}),
        ({"format": ""}, {"format"}),
    ],
)
def test_what_does_not_go_together_is_refused(api, query, names):
    answer = api.get("/results", query, status=422)
    assert {error["name"] for error in answer.json["errors"]} == names


def test_page_parameters_do_not_go_with_an_accepted_export(api):
    api.get("/results", {"per_page": 5}, headers={"Accept": "text/csv"}, status=422)


def test_an_export_holds_everything_found_in_order(api, make, monkeypatch):
    monkeypatch.setattr(found, "MOST", 3)
    flavor, benchmark, tag = make.flavor(), make.benchmark(), make.tag("a")
    for number in range(10):
        make.result(flavor=flavor, benchmark=benchmark, json={"x": number}, tags=[tag])
    query = {"format": "csv", "columns": "x", "filters": "x >= 2", "sort_by": "-json.x"}
    _, rows = table(api.get("/results", query))
    assert [row[-1] for row in rows] == [str(number) for number in range(9, 1, -1)]
    assert {row[9] for row in rows} == {"a"}


@pytest.mark.parametrize("path", ["/results", "/results:search", "/users/self/results"])
def test_an_export_shows_what_the_lists_show(api, make, path):
    user = api.person("user")
    make.result(uploader=user)
    make.result(uploader=user, removed=True)
    make.result(benchmark=make.benchmark(status="on_review"))
    for reader in ("user", "other", "admin"):
        lines = api.get(path, {"format": "ndjson"}, as_=reader).body.splitlines()
        assert [json.loads(line) for line in lines] == api.items(path, as_=reader)


def test_exports_have_a_rate_of_their_own(api, set_rate):
    set_rate(exports="2/minute")
    for _ in range(2):
        api.get("/results", {"format": "csv"}, status=200)
    answer = api.get("/results", {"format": "csv"}, status=429)
    assert int(answer.headers["Retry-After"]) > 0
    api.get("/results", status=200)
    api.get("/results", {"format": "csv"}, as_="user", status=200)


def test_a_head_request_sends_no_rows(api, two):
    answer = api.head("/results", {"format": "csv"})
    assert (answer.body, answer.content_type) == (b"", "text/csv")


def test_an_export_can_be_compressed(api, two):
    answer = open_export(api, "format=csv", {"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.body) == api.get("/results", {"format": "csv"}).body


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_compressed_streams_decode_to_the_same_bytes(many, coding):
    plain = open_export(many, "format=ndjson").body
    answer = open_export(many, "format=ndjson", {"Accept-Encoding": coding})
    assert answer.headers["Content-Encoding"] == coding
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert "ETag" not in answer.headers
    assert "Content-Length" not in answer.headers
    decode = gzip.decompress if coding == "gzip" else zstandard.ZstdDecompressor().decompressobj().decompress
    assert decode(answer.body) == plain


UNITS = {
    "type": "object",
    "properties": {
        "time": {"type": "number", "x-unit": "s"},
        "power": {"$ref": "#/$defs/power"},
        "a.b": {"allOf": [{"type": "number"}, {"x-unit": "=HYPERLINK()"}]},
        "plain": {"type": "number"},
        "odd": {"type": "number", "x-unit": 5},
        "long": {"type": "number", "x-unit": "x" * 100},
    },
    "$defs": {"power": {"type": "object", "properties": {"mean": {"type": "number", "x-unit": "W"}}}},
}
COLUMNS = ["time", "power.mean", "a\\.b", "plain", "odd", "long", "unknown.x"]


def test_the_header_names_the_units_that_the_schema_knows(api, make):
    benchmark = make.benchmark(json_schema=UNITS)
    make.result(benchmark=benchmark, json={"time": 1.50})
    query = {"format": "csv", "columns": COLUMNS, "benchmark_id": benchmark.id}
    header, rows = table(api.get("/results", query))
    assert header[11:] == [
        *("time [s]", "power.mean [W]", "a\\.b [=HYPERLINK()]", "plain", "odd", "long", "unknown.x")
    ]
    assert len(rows[0]) == len(header)
    # Of several benchmarks, or of all there are, nobody knows that they mean the same.
    for others in ([], [benchmark.id, make.benchmark(json_schema=UNITS).id]):
        header, _ = table(api.get("/results", query | {"benchmark_id": others}))
        assert header[11:] == COLUMNS


def test_the_units_of_a_benchmark_are_for_those_who_may_see_it(api, make):
    owner, uploader = make.user("owner"), make.user("uploader")
    benchmark = make.benchmark(json_schema=UNITS, status="on_review", uploader=owner)
    make.result(benchmark=benchmark, uploader=uploader)
    query = {"format": "csv", "columns": ["time"], "benchmark_id": benchmark.id}
    for who, name in ((None, "time"), ("other", "time"), *((each, "time [s]") for each in (owner, uploader))):
        header, _ = table(api.get("/results", query, as_=who))
        assert header[11:] == [name]
    header, _ = table(api.get("/results", query, as_="admin"))
    assert header[11:] == ["time [s]"]


def test_columns_of_parquet_name_their_units_beside_their_names(api, make):
    from pyarrow import parquet

    benchmark = make.benchmark(json_schema=UNITS)
    query = {"format": "parquet", "columns": ["plain", "time"], "benchmark_id": benchmark.id}
    schema = parquet.read_schema(io.BytesIO(api.get("/results", query).body))
    assert schema.names[11:] == ["plain", "time"]
    assert schema.field("time").metadata[b"unit"] == b"s"
    assert b"unit" not in (schema.field("plain").metadata or {})


def test_a_result_is_written_as_a_page_shows_it_byte_by_byte(api, make):
    user = api.person("user")
    tags = [make.tag(name) for name in ("ß", "Z", "gone")]
    first = make.result(
        uploader=user,
        json={"text": "ü\u2028🐎", "n": [1.0, -0.0]},
        tags=tags,
        execution_datetime=datetime.datetime(1, 1, 1, tzinfo=datetime.UTC),
        status_message='"said"',
        status_datetime=datetime.datetime(2024, 5, 1, 12, 0, 0, 1200, tzinfo=datetime.UTC),
    )
    tags[2].status = "deleted"
    second = make.result(uploader=user, supersedes_id=first.id)
    first.superseded_by_id = second.id
    make.claim(second, hides=False)
    second.hiding_claims, second.status = 0, "visible"
    make.result(uploader=make.user())
    make.session.commit()
    for reader in (None, "user", "other", "admin"):
        lines = api.get("/results", {"format": "ndjson"}, as_=reader).body.splitlines()
        shown = [json.loads(line) for line in lines]
        page = api.get("/results", {"per_page": 100, "sort_by": "+execution_datetime"}, as_=reader).body
        assert b",".join(lines) in page
        assert len(shown) == 3
        assert [tag["name"] for tag in shown[0]["tags"]] == ["Z", "ß"]


def test_an_export_beyond_those_that_may_be_written_at_once_is_put_off(many):
    slots = many.app.app.registry["eoscperf.export_slots"]
    begun = [open_export(many, "format=ndjson") for _ in range(slots.number)]
    answer = many.get("/results", {"format": "csv"}, status=429)
    assert int(answer.headers["Retry-After"]) > 0
    many.get("/results", status=200)
    begun.pop().app_iter.close()
    many.get("/results", {"format": "csv"}, status=200)
    for one in begun:
        one.app_iter.close()
        one.app_iter.close()
    assert slots.taken == checked_out(many) == 0


def test_an_export_that_fails_at_once_keeps_nothing(many, monkeypatch):
    def broken(*given):
        raise RuntimeError("broken")

    monkeypatch.setattr("eoscperf.results.exports.found.FoundRows.texts", broken)
    assert open_export(many, "format=ndjson").status_int == 500
    assert many.app.app.registry["eoscperf.export_slots"].taken == checked_out(many) == 0


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_compressed_export_that_is_broken_off_keeps_nothing(many, coding):
    slots = many.app.app.registry["eoscperf.export_slots"]
    for read in (0, 1):
        answer = open_export(many, "format=ndjson", {"Accept-Encoding": coding})
        assert slots.taken == 1
        pieces = iter(answer.app_iter)
        for _ in range(read):
            next(pieces)
        answer.app_iter.close()
        assert slots.taken == checked_out(many) == 0


def open_export(client, query, headers=()):
    """The response of an export whose body nobody has read yet."""
    request = client.app.RequestClass.blank(f"{client.prefix}/results?{query}", headers=dict(headers))
    return request.send(client.app.app)


@pytest.fixture
def many(live_api, monkeypatch):
    monkeypatch.setattr(found, "MOST", 2)
    monkeypatch.setattr("eoscperf.results.exports.text.CHUNK", 1)
    make = live_api.make
    flavor, benchmark = make.flavor(), make.benchmark()
    for number in range(20):
        make.result(flavor=flavor, benchmark=benchmark, json={"x": number})
    return live_api


def test_an_export_is_one_snapshot(many):
    answer = open_export(many, "format=ndjson&sort_by=-json.x")
    lines = iter(answer.app_iter)
    first = next(lines)
    make = many.make
    make.result(json={"x": -1})
    session = make.session
    session.execute(sa.text("UPDATE tags SET name = name"))
    session.execute(sa.text("UPDATE benchmarks SET docker_tag = 'changed'"))
    session.commit()
    rows = [json.loads(line) for line in b"".join((first, *lines)).splitlines()]
    answer.app_iter.close()
    assert [row["json"]["x"] for row in rows] == list(range(19, -1, -1))
    assert {row["benchmark"]["docker_tag"] for row in rows} == {"1.0"}


def checked_out(client):
    return client.app.app.registry["dbengine"].pool.checkedout()


def test_an_export_that_is_broken_off_gives_its_connection_back(many):
    answer = open_export(many, "format=ndjson")
    before = checked_out(many)
    lines = iter(answer.app_iter)
    next(lines)
    assert before == 1
    answer.app_iter.close()
    assert checked_out(many) == 0


def test_an_export_that_was_read_gives_its_connection_back(many):
    assert len(many.get("/results", {"format": "ndjson"}).body.splitlines()) == 20
    assert checked_out(many) == 0


def test_an_export_that_nobody_read_gives_its_connection_back(many):
    answer = open_export(many, "format=csv", {"Accept-Encoding": "gzip"})
    answer.app_iter.close()
    del answer
    assert checked_out(many) == 0


def test_parquet_is_written_in_groups(api, make, monkeypatch):
    from pyarrow import parquet

    monkeypatch.setattr("eoscperf.results.exports.parquet.ROW_GROUP", 2)
    flavor, benchmark = make.flavor(), make.benchmark()
    for number in range(5):
        make.result(flavor=flavor, benchmark=benchmark, json={"x": number})
    answer = api.get("/results", {"format": "parquet", "columns": "x"})
    file = parquet.ParquetFile(io.BytesIO(answer.body))
    assert file.metadata.num_row_groups == 3
    assert file.read()["x"].to_pylist() == list("01234")


def test_an_export_of_nothing_has_its_frame(api):
    from pyarrow import parquet

    assert table(api.get("/results", {"format": "csv"})) == ([*BEFORE_JSON, "json"], [])
    assert api.get("/results", {"format": "ndjson"}).body == b""
    assert len(api.get("/results", {"format": "md"}).text.splitlines()) == 2
    body = api.get("/results", {"format": "parquet"}).body
    assert parquet.read_table(io.BytesIO(body)).num_rows == 0
