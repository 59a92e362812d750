"""The command `eoscperf` against the platform: as people and as scripts use it."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys

import httpx
import pytest
from click.testing import CliRunner

from eoscperf.client import Sessions
from eoscperf.client.cli import main
from eoscperf.client.cli.base import Group
from tests.client.conftest import SERVER
from tests.client.provider import FakeProvider

WHEN = "2024-06-01T08:00:00Z"

SCHEMA = {
    "type": "object",
    "required": ["time"],
    "properties": {
        "time": {"type": "number", "x-headline": True, "x-better": "lower", "x-unit": "s", "title": "Time"}
    },
}

TO = ("--benchmark", "example/raytracer:2.1", "--flavor", "Hillside/c8.large")
AT = (*TO, "--when", WHEN)


@pytest.fixture
def place(make):
    benchmark = make.benchmark(docker_image="example/raytracer", docker_tag="2.1", json_schema=SCHEMA)
    site = make.site(name="Hillside")
    return benchmark, site, make.flavor(name="c8.large", site=site)


@pytest.fixture
def file(tmp_path):
    """Writes a file with a document, or with lines of documents."""

    def file(name, *documents):
        path = tmp_path / name
        text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in documents)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return file


def stored(terminal, **options):
    return terminal.json("results", "list", "--sort", "+json.time", **options)


def test_items_are_submitted_listed_searched_and_shown(terminal, file):
    site = terminal.json("sites", "submit", "--name", "Hillside", "--address", "Hill 1", as_="ann")
    terminal(
        "flavors", "submit", "--site", "Hillside", "--name", "c8.large", "--description", "8 cores", as_="ann"
    )
    schema = file("schema.json", SCHEMA)
    told = terminal(
        "benchmarks", "submit", "--image", "example/raytracer", "--tag", "2.1", "--schema", schema, as_="ann"
    )
    assert "on_review" in told.stdout
    assert terminal.json("sites", "list") == []
    assert [one["name"] for one in terminal.json("sites", "list", "--status", "on_review", as_="ann")] == [
        "Hillside"
    ]
    queue = terminal("moderate", "queue", as_="admin").stdout
    assert queue.count("ann@example.org") == 3
    assert "example/raytracer:2.1" in queue
    for kind, name in (
        ("site", "Hillside"),
        ("flavor", "Hillside/c8.large"),
        ("benchmark", "example/raytracer:2.1"),
    ):
        done = terminal("moderate", "approve", kind, name, "-m", "Welcome", as_="admin")
        assert done.stderr == f"Approved the {kind} {name}\n"
    table = terminal("sites", "list").stdout.splitlines()
    assert table[0].split() == ["ID", "NAME", "ADDRESS", "STATUS", "UPLOADED", "DESCRIPTION"]
    assert table[1].startswith(f"{site['id']}  Hillside  Hill 1   approved  20")
    assert terminal.json("sites", "search", "HILL")[0]["id"] == site["id"]
    assert terminal.json("sites", "search", "HILL", "dale") == []
    assert terminal.json("sites", "show", "Hillside")["address"] == "Hill 1"
    assert terminal.json("flavors", "list", "Hillside")[0]["name"] == "c8.large"
    assert terminal.json("flavors", "search", "Hillside", "cores")[0]["name"] == "c8.large"
    assert terminal.json("flavors", "show", "c8.large", "--site", "Hillside")["description"] == "8 cores"
    assert terminal.json("benchmarks", "list", "--image", "example/raytracer")[0]["docker_tag"] == "2.1"
    assert terminal.json("benchmarks", "search", "ray")[0]["docker_tag"] == "2.1"
    assert '"x-unit": "s"' in terminal("benchmarks", "show", "example/raytracer").stdout
    terminal("tags", "submit", "--name", "fast", as_="ann")
    assert terminal.json("tags", "list")[0]["name"] == terminal.json("tags", "show", "fast")["name"] == "fast"
    assert terminal.json("tags", "search", "FAS", "--limit", "1")[0]["name"] == "fast"


def test_lists_end_at_their_limit_unless_all_are_asked_for(terminal, make):
    for number in range(4):
        make.tag(f"tag {number}")
    assert len(terminal.json("tags", "list", "--limit", "3")) == 3
    assert len(terminal.json("tags", "list", "--limit", "3", "--all")) == 4


def test_one_file_is_uploaded_and_a_repeated_upload_is_no_failure(terminal, place, file):
    name = file("run.json", {"time": 12.5})
    done = terminal("results", "upload", name, *AT, as_="ann")
    (head, line) = done.stdout.splitlines()
    assert head.split() == ["SOURCE", "STATUS", "ID", "DETAIL"]
    assert line.split()[1] == "created"
    assert done.stderr == "1 created\n"
    again = terminal("results", "upload", name, *AT, as_="ann")
    assert again.stdout.split()[-1] == line.split()[2]
    assert again.stderr == "1 duplicate\n"
    assert len(stored(terminal)) == 1


def test_many_files_are_uploaded_one_by_one_and_refused_ones_are_named(terminal, place, file, tmp_path):
    file("a.json", {"time": 1})
    file("b.json", {"time": "x"})
    file("c.json", "{")
    file("d.json", "[1]")
    (tmp_path / "e.json").write_bytes(b"\xff\xfe")
    done = terminal("results", "upload", str(tmp_path / "*.json"), *AT, "-o", "json", as_="ann", code=1)
    told = {os.path.basename(one["source"]): one for one in json.loads(done.stdout)}
    assert told["a.json"]["status"] == "created"
    assert told["b.json"]["detail"] == "1 error in the request: /time 'x' is not of type 'number'"
    assert "is not JSON" in told["c.json"]["detail"]
    assert told["d.json[0]"]["detail"] == "is JSON, but no object"
    assert told["e.json"]["detail"] == "is not UTF-8"
    assert done.stderr == "1 created, 4 refused\n"
    file("b.json", {"time": 2})
    done = terminal("results", "upload", str(tmp_path / "a.json"), str(tmp_path / "b.json"), *AT, as_="ann")
    assert done.stderr == "1 created, 1 duplicate\n"


def test_lines_and_arrays_of_results_are_uploaded(terminal, place, file):
    lines = file("runs.ndjson", {"time": 1}, "", {"time": 2}, "{bad}")
    done = terminal("results", "upload", lines, *AT, as_="ann", code=1)
    assert f"{lines}:4" in done.stdout
    assert done.stderr == "2 created, 1 refused\n"
    array = file("runs.json", [{"time": 3}, {"time": 4}])
    assert terminal("results", "upload", array, *AT, as_="ann").stderr == "2 created\n"
    assert [one["json"]["time"] for one in stored(terminal)] == [1, 2, 3, 4]


def test_results_may_come_from_standard_input(terminal, place):
    done = terminal("results", "upload", "-", *AT, as_="ann", stdin=b'{"time": 1.10}\n{"time": 2}\n')
    assert "standard input:2" in done.stdout
    assert [one["json"]["time"] for one in stored(terminal)] == [1.1, 2]


def test_documents_may_bring_their_own_answers(terminal, place, make, file):
    other, tag = make.flavor(name="c1", site=place[1]), make.tag("fast")
    lines = file(
        "runs.ndjson",
        {
            "json": {"time": 1},
            "execution_datetime": "2024-01-01T00:00:00Z",
            "flavor_id": str(other.id),
            "tags_ids": [str(tag.id)],
        },
        {"json": {"time": 2}, "execution_datetime": "2024-01-02T00:00:00Z"},
    )
    terminal("results", "upload", lines, *TO, as_="ann")
    first, second = stored(terminal)
    assert (first["flavor"]["name"], [one["name"] for one in first["tags"]]) == ("c1", ["fast"])
    assert (second["flavor"]["name"], second["execution_datetime"]) == ("c8.large", "2024-01-02T00:00:00Z")


def test_what_was_exported_can_be_uploaded_by_somebody_else(terminal, place, file, tmp_path):
    terminal("results", "upload", file("a.ndjson", {"time": 1}, {"time": 2}), *AT, as_="ann")
    copy = str(tmp_path / "copy.ndjson")
    assert "Wrote" in terminal("results", "export", copy).stderr
    assert terminal("results", "upload", copy, as_="bob").stderr == "2 created\n"
    assert terminal("results", "upload", copy, as_="ann").stderr == "2 duplicate\n"
    assert len(stored(terminal)) == 4


def test_the_time_may_come_from_the_file_or_from_the_json(terminal, place, file):
    name = file("run.json", {"time": 1, "run": {"end": "2024-02-03T04:05:06Z"}})
    os.utime(name, (1_700_000_000, 1_700_000_000))
    terminal("results", "upload", name, *TO, "--when", "mtime", as_="ann")
    terminal("results", "upload", name, *TO, "--when", "json:run.end", as_="ann")
    times = {one["execution_datetime"] for one in stored(terminal)}
    assert times == {"2023-11-14T22:13:20Z", "2024-02-03T04:05:06Z"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (TO, "does not say when it was run: name it with --when"),
        ((*TO, "--when", "json:run.end"), "has no time at run.end"),
        (
            ("--benchmark", "example/raytracer", "--when", WHEN),
            "does not say where it was run: name it with --flavor",
        ),
        (
            ("--flavor", "Hillside/c8.large", "--when", WHEN),
            "does not say what was run: name it with --benchmark",
        ),
        ((*TO, "--when", "yesterday"), "execution_datetime"),
    ],
)
def test_what_is_missing_is_named(terminal, place, file, options, sentence):
    done = terminal("results", "upload", file("run.json", {"time": 1}), *options, as_="ann", code=1)
    assert sentence in done.stdout
    assert stored(terminal) == []


def test_a_dry_run_says_what_would_be_refused(terminal, place, file):
    good, bad = file("good.json", {"time": 1}), file("bad.json", {"time": "x"})
    assert terminal("results", "upload", good, *AT, "--dry-run", as_="ann").stderr == "1 valid\n"
    terminal("results", "upload", bad, *AT, "--dry-run", as_="ann", code=1)
    done = terminal("results", "upload", good, bad, *AT, "--dry-run", as_="ann", code=1)
    assert done.stderr == "1 valid, 1 refused\n"
    assert stored(terminal) == []


def test_all_or_none(terminal, place, file):
    good, bad, broken = (
        file("good.json", {"time": 1}),
        file("bad.json", {"time": "x"}),
        file("broken.json", "{"),
    )
    done = terminal("results", "upload", good, bad, *AT, "--atomic", as_="ann", code=1)
    assert "/1/json/time" in done.stderr
    terminal("results", "upload", good, broken, *AT, "--atomic", as_="ann", code=1)
    assert stored(terminal) == []
    assert terminal("results", "upload", good, *AT, "--atomic", as_="ann").stderr == "1 created\n"


def test_a_result_may_take_the_place_of_an_earlier_one(terminal, place, file):
    terminal("results", "upload", file("old.json", {"time": 1}), *AT, as_="ann")
    (old,) = stored(terminal)
    terminal("results", "submit", file("new.json", {"time": 2}), *AT, "--supersedes", old["id"], as_="ann")
    assert [one.get("supersedes") for one in stored(terminal)] == [None, old["id"]]
    two = file("two.json", [{"time": 1}, {"time": 2}])
    terminal("results", "submit", two, *AT, "--supersedes", old["id"], as_="ann", code=2)


def test_wrong_use_is_told_in_one_line(terminal, place, file, tmp_path):
    for arguments, sentence in [
        (("results", "upload"), "Missing argument 'FILE...'"),
        (("results", "upload", str(tmp_path / "*.none")), "No file matches"),
        (("sites", "list", "--bogus"), "No such option '--bogus' (see eoscperf sites list --help)"),
        (("sites", "list", "--server", "nowhere"), "is no address of a server"),
        (("sites", "list", "--ca-file", "/none.pem"), "holds no certificates"),
        (("benchmarks", "submit", "--image", "a", "--tag", "b", "--schema", "/none.json"), "No such file"),
        (("results", "export", str(tmp_path / "x.doc")), "does not say the format"),
        (("results", "export", str(tmp_path / "none" / "x.csv")), "No such file"),
        (("nonsense",), "No such command"),
    ]:
        done = terminal(*arguments, code=2)
        assert sentence in done.stderr
        assert done.stderr.startswith("eoscperf: ")
        assert done.stderr.count("\n") == 1
        assert done.stdout == ""


def test_a_folder_and_a_missing_file_are_named(terminal, place, tmp_path):
    done = terminal("results", "upload", str(tmp_path), str(tmp_path / "none.json"), *AT, as_="ann", code=1)
    assert "is a folder: name its files" in done.stdout
    assert "cannot be read: No such file or directory" in done.stdout


def test_a_token_that_lacks_a_scope_says_which_one_helps(terminal, api):
    body = {"name": "x", "scopes": ["read", "upload"]}
    token = api.post("/users/self/tokens", body, as_="ann", status=201).json["token"]
    told = terminal("moderate", "queue", env={"EOSCPERF_TOKEN": token}, code=1).stderr
    assert told.endswith("names the token: make one with the scope moderate, or leave it out\n")
    terminal("login", "--token", stdin=token)
    told = terminal("moderate", "queue", code=1).stderr
    assert told.endswith("log in for more: eoscperf login --scope +moderate\n")


def test_a_file_to_export_to_that_says_no_format_is_told_which_there_are(terminal):
    told = terminal("results", "export", "sort.xls", code=2).stderr
    assert ".csv, .json, .md, .ndjson" in told
    assert "--format" in told


def test_exit_codes_tell_scripts_what_went_wrong(terminal, place, file, platform):
    name = file("run.json", {"time": 1})
    assert "log in: eoscperf login" in terminal("results", "upload", name, *AT, code=3).stderr
    bad = {"EOSCPERF_TOKEN": "nonsense"}
    terminal("results", "upload", name, *TO, "--when", WHEN, env=bad, code=3)
    assert "eoscperf register" in terminal("tags", "submit", "--name", "x", as_="stranger", code=3).stderr
    assert "Only administrators" in terminal("moderate", "queue", as_="ann", code=1).stderr
    assert "There is no site nowhere" in terminal("sites", "show", "nowhere", code=1).stderr

    def lost(request):
        raise httpx.ConnectError("[Errno 111] Connection refused")

    terminal.settings["transport"] = httpx.MockTransport(lost)
    told = terminal("sites", "list", code=4).stderr
    assert told == f"eoscperf: {SERVER} cannot be reached: [Errno 111] Connection refused\n"
    terminal.settings["transport"] = httpx.MockTransport(lambda request: httpx.Response(200, text="<html>"))
    terminal("sites", "list", code=5)
    assert "Which server" in terminal("sites", "list", env={"EOSCPERF_SERVER": ""}, code=2).stderr


def test_what_was_stored_is_told_even_when_the_server_is_lost_half_way(
    terminal, place, file, platform, monkeypatch
):
    monkeypatch.setattr("eoscperf.client.uploads.MOST_ITEMS", 1)
    uploads = []

    def lossy(request):
        if request.url.path.endswith(":batch"):
            uploads.append(request)
            if len({one.headers["Idempotency-Key"] for one in uploads}) > 1:
                raise httpx.ReadError("reset")
        return platform.handle_request(request)

    terminal.settings["transport"] = httpx.MockTransport(lossy)
    name = file("runs.ndjson", {"time": 1}, {"time": 2}, {"time": 3})
    done = terminal("results", "upload", name, *AT, as_="ann", code=4)
    assert done.stdout.count("created") == 1
    assert "1 created, 2 not tried" in done.stderr


def test_results_are_found_and_shown(terminal, place, make, file):
    tag = make.tag("fast")
    terminal(
        "results",
        "upload",
        file("a.ndjson", {"time": 1, "cpu": {"n": 4}}, {"time": 2, "cpu": {"n": 8}}),
        *AT,
        "--tag",
        "fast",
        as_="ann",
    )
    terminal("results", "upload", file("b.json", {"time": 3}), *AT, as_="bob")
    assert len(stored(terminal)) == 3
    for options, times in [
        (("--filter", "cpu.n >= 8"), [2]),
        (("--tag", "fast", "--sort", "-json.time"), [2, 1]),
        (("--tag", str(tag.id), "--filter", "time > 1", "--filter", "time < 9"), [2]),
        (
            (
                "--site",
                "Hillside",
                "--flavor",
                "c8.large",
                "--benchmark",
                "example/raytracer",
                "--limit",
                "1",
                "--sort",
                "+json.time",
            ),
            [1],
        ),
        (("--term", "raytracer", "--after", "2024-06-02"), []),
        (("--status", "withdrawn"), []),
    ]:
        assert [one["json"]["time"] for one in terminal.json("results", "list", *options)] == times, options
    assert len(terminal.json("results", "list", "--mine", as_="ann")) == 2
    assert len(terminal.json("results", "search", "hillside", "fast")) == 2
    rows = list(
        csv.reader(
            io.StringIO(
                terminal("results", "list", "--sort", "json.time", "--column", "cpu.n", "-o", "csv").stdout
            )
        )
    )
    assert rows[0] == ["id", "executed", "benchmark", "site", "flavor", "tags", "status", "cpu.n"]
    assert [row[-1] for row in rows[1:]] == ["4", "8", ""]
    id = stored(terminal)[0]["id"]
    shown = terminal("results", "show", id).stdout
    assert '"time": 1' in shown
    assert "2024-06-01 08:00 UTC" in shown
    assert terminal.json("results", "show", id)["json"]["time"] == 1


def test_an_uploader_changes_what_is_theirs(terminal, place, make, file):
    make.tag("fast")
    terminal("results", "upload", file("a.json", {"time": 1}), *AT, as_="ann")
    (result,) = stored(terminal)
    terminal("results", "tag", result["id"], "--tag", "fast", as_="ann")
    assert [one["name"] for one in stored(terminal)[0]["tags"]] == ["fast"]
    terminal("results", "tag", result["id"], as_="ann")
    assert stored(terminal)[0]["tags"] == []
    terminal("results", "withdraw", result["id"], "-m", "A mistake", as_="ann")
    assert stored(terminal) == []
    terminal("results", "restore", result["id"], as_="ann")
    assert len(stored(terminal)) == 1
    terminal("results", "withdraw", result["id"], as_="bob", code=1)


def test_results_are_exported(terminal, place, file, tmp_path):
    terminal("results", "upload", file("a.ndjson", {"time": 1}, {"time": 2}), *AT, as_="ann")
    text = terminal(
        "results", "export", "--column", "time", "--sort", "-json.time", "--benchmark", "example/raytracer"
    ).stdout
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][-1] == "time [s]"
    assert [row[-1] for row in rows[1:]] == ["2", "1"]
    lines = terminal("results", "export", "--format", "ndjson", "--mine", as_="ann").stdout.splitlines()
    assert len(lines) == 2
    for name in ("x.csv", "x.json.gz", "x.ndjson.zst", "x.parquet", "x.md"):
        terminal("results", "export", str(tmp_path / name))
        assert (tmp_path / name).stat().st_size > 0


def test_text_of_strangers_is_harmless_when_an_export_is_shown(terminal, place, make, file, monkeypatch):
    make.result(flavor=make.flavor(name="\x1b[31mred\x9b", site=place[1]), json={"time": 1})
    monkeypatch.setattr("eoscperf.client.cli.results.is_terminal", lambda: True)
    shown = terminal("results", "export").stdout
    assert "\\x1b[31mred\\x9b" in shown
    assert "\x1b" not in shown
    terminal("results", "export", "--format", "parquet", code=2)
    assert "\x1b" not in terminal("results", "list").stdout + terminal("results", "list", "-o", "json").stdout
    assert "\x1b" not in terminal("sites", "show", "\x1b[31m", code=1).stderr


def test_medians_of_flavors_are_computed(terminal, place, make, file):
    make.flavor(name="c1", site=place[1])
    terminal("results", "upload", file("a.ndjson", {"time": 2}, {"time": 4}, {"time": 3}), *AT, as_="ann")
    terminal(
        "results",
        "upload",
        file("b.json", {"time": 6}),
        "--benchmark",
        "example/raytracer:2.1",
        "--flavor",
        "c1",
        "--site",
        "Hillside",
        "--when",
        WHEN,
        as_="ann",
    )
    done = terminal("medians", "example/raytracer:2.1")
    assert done.stderr == "example/raytracer:2.1: Time [s], lower is better\n"
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["SITE", "FLAVOR", "COUNT", "MEDIAN", "MIN", "MAX", "OF", "BEST"],
        ["Hillside", "c8.large", "3", "3", "2", "4", "100%"],
        ["Hillside", "c1", "1", "6", "6", "6", "50%"],
    ]
    told = terminal.json("medians", "example/raytracer", "--metric", "time", "--filter", "time > 3")
    assert told["metric"]["unit"] == "s"
    assert [cell["count"] for cell in told["cells"]] == [1, 1]


def test_runs_with_different_inputs_have_rows_of_their_own(terminal, place, make, file):
    schema = {"properties": {"speed": {"type": "number", "x-headline": 1}, "level": {"x-parameter": "input"}}}
    make.benchmark(docker_image="example/zip", docker_tag="1", json_schema=schema)
    lines = file("a.ndjson", {"speed": 2, "level": 1}, {"speed": 4, "level": 9})
    to = ("--benchmark", "example/zip", "--flavor", "Hillside/c8.large", "--when", WHEN)
    terminal("results", "upload", lines, *to, as_="ann")
    shown = terminal("medians", "example/zip").stdout.splitlines()
    assert [line.split()[:5] for line in shown] == [
        ["SITE", "FLAVOR", "LEVEL", "COUNT", "MEDIAN"],
        ["Hillside", "c8.large", "1", "1", "2"],
        ["Hillside", "c8.large", "9", "1", "4"],
    ]


def test_claims_are_made_decided_and_undone(terminal, place, file):
    terminal("results", "upload", file("a.json", {"time": 1}), *AT, as_="ann")
    (result,) = stored(terminal)
    claim = terminal.json(
        "claims", "submit", result["id"], "-m", "Too quick", "--reason", "implausible", as_="bob"
    )
    assert terminal.json("claims", "list", as_="bob")[0]["id"] == claim["id"]
    assert terminal.json("claims", "show", claim["id"], as_="bob")["message"] == "Too quick"
    assert terminal.json("claims", "list", "--everybody", "--status", "on_review", as_="admin") != []
    assert "Too quick" in terminal("moderate", "queue", "--kind", "claim", as_="admin").stdout
    terminal("moderate", "reject", "claim", claim["id"], as_="admin", code=2)
    terminal("moderate", "reject", "claim", claim["id"], "-m", "It is fine", as_="admin")
    assert len(stored(terminal)) == 1
    (entry,) = terminal.json("moderate", "log", "--action", "claim_reject", "--kind", "claim", as_="admin")
    terminal("moderate", "undo", entry["id"], as_="admin")
    assert stored(terminal) == []
    terminal("claims", "withdraw", claim["id"], as_="bob")
    assert len(stored(terminal)) == 1


def test_tokens_are_made_listed_and_revoked(terminal):
    done = terminal(
        "tokens", "create", "nightly", "--scope", "read", "--scope", "upload", "--days", "7", as_="ann"
    )
    token = done.stdout.strip()
    assert token.startswith("eoscp_")
    assert "not shown again" in done.stderr
    assert terminal.json("whoami", env={"EOSCPERF_TOKEN": token})["sub"] == "ann"
    listed = terminal("tokens", "list", as_="ann")
    assert "nightly" in listed.stdout
    assert token not in listed.stdout
    (found,) = terminal.json("tokens", "list", as_="ann")
    terminal("tokens", "revoke", found["id"], as_="ann")
    terminal("whoami", env={"EOSCPERF_TOKEN": token}, code=3)
    for name in ("one", "two"):
        terminal("tokens", "create", name, as_="ann")
    assert "--all" in terminal("tokens", "revoke", as_="ann", code=2).stderr
    assert terminal("tokens", "revoke", "--all", as_="ann").stderr.count("Revoked ") == 2
    assert terminal.json("tokens", "list", as_="ann") == []
    made = terminal.json("tokens", "create", "nightly", "--scope", "read", as_="ann")
    refused = terminal("tags", "submit", "--name", "x", env={"EOSCPERF_TOKEN": made["token"]}, code=1).stderr
    assert "make one with the scope upload" in refused


def test_a_token_that_may_only_upload_uploads_by_name(terminal, place, make, file):
    make.tag("fast")
    token = terminal("tokens", "create", "ci", "--scope", "upload", as_="ann").stdout.strip()
    name = file("a.json", {"time": 1})
    done = terminal("results", "upload", name, *AT, "--tag", "fast", env={"EOSCPERF_TOKEN": token})
    assert done.stderr == "1 created\n"
    assert stored(terminal)[0]["benchmark"]["docker_tag"] == "2.1"


def test_trust_rules_are_made_listed_and_ended(terminal, place):
    made = terminal.json(
        "trust-rules",
        "create",
        "example/benchmarks",
        "--workflow",
        "benchmark.yml",
        "--ref",
        "refs/heads/main",
        "--benchmark",
        "example/raytracer:2.1",
        "--site",
        "Hillside",
        "--flavor",
        "c8.large",
        as_="ann",
    )
    assert made["issuer"] == "https://token.actions.githubusercontent.com"
    assert made["benchmark_id"] == str(place[0].id)
    assert "example/benchmarks" in terminal("trust-rules", "list", as_="ann").stdout
    terminal("trust-rules", "delete", made["id"], as_="ann")
    assert terminal.json("trust-rules", "list", as_="ann") == []


@pytest.fixture
def provider(platform, api, terminal):
    """The platform with a provider that it announces."""
    fake = FakeProvider(platform, access=lambda number: api.token("ann", jti=f"{number}"))

    class Announced(httpx.BaseTransport):
        def handle_request(self, request):
            answer = fake.handle_request(request)
            if request.url.path != "/api/v1/openapi.json":
                return answer
            answer.read()
            document = json.loads(answer.content)
            document["info"]["x-capabilities"]["accounts"] = {
                "description": "",
                "issuer": fake.issuer,
                "cli_client_id": "eoscperf-cli",
            }
            return httpx.Response(200, json=document)

    terminal.settings["transport"] = Announced()
    return fake


def test_somebody_logs_in_with_a_browser_and_out_again(terminal, provider, api, make, sessions, monkeypatch):
    make.user("ann")
    monkeypatch.setattr("eoscperf.client.client.Provider", no_wait_provider(provider, terminal))
    done = terminal("login")
    assert "enter the code BCDF-GHJK" in done.stderr
    assert f"Logged in at {SERVER} as ann@example.org" in done.stderr
    (kept,) = sessions.all()
    for secret in (kept.access_token, kept.refresh_token, "device-secret"):
        assert secret not in done.stdout + done.stderr
    assert provider.forms[0]["scope"] == "openid email offline_access read upload"
    assert terminal.json("whoami", env={"EOSCPERF_SERVER": ""})["email"] == "ann@example.org"
    assert SERVER in terminal("sessions").stdout
    done = terminal("logout")
    assert done.stderr == f"Logged out at {SERVER}\n"
    assert provider.revoked == [kept.refresh_token]
    assert sessions.all() == []
    terminal("whoami", code=3)
    terminal("logout", code=3)


def no_wait_provider(provider, terminal):
    from eoscperf.client.oauth import Provider

    def make(**options):
        return Provider(transport=terminal.settings["transport"], sleep=lambda seconds: None)

    return make


def test_a_session_is_renewed_silently(terminal, provider, make, sessions, monkeypatch):
    make.user("ann")
    monkeypatch.setattr("eoscperf.client.client.Provider", no_wait_provider(provider, terminal))
    terminal("login")
    with sessions.locked():
        sessions.replace_tokens(sessions.all()[0], access_token="stale", expires_at=0.0)
    assert terminal.json("whoami")["sub"] == "ann"
    assert provider.used == ["refresh-1"]


def test_somebody_logs_in_with_a_token_from_standard_input(terminal, api, make, sessions):
    make.user("ann")
    token = api.token("ann")
    done = terminal("login", "--token", "--profile", "work", stdin=token + "\n")
    assert done.stderr == f"Logged in at {SERVER} (profile work) as ann@example.org\n"
    assert token not in done.stdout + done.stderr
    assert sessions.find(f"{SERVER}/api/v1", "work").kind == "token"
    assert terminal.json("whoami", "--profile", "work")["profile"] == "work"
    assert "stays valid" in terminal("logout", "--profile", "work").stderr


def test_a_token_that_is_not_accepted_is_not_kept(terminal, sessions):
    terminal("login", "--token", "nonsense", code=3)
    terminal("login", "--token", stdin="\n", code=2)
    assert sessions.all() == []


def test_somebody_new_is_told_to_register_or_registers_at_once(terminal, api):
    done = terminal("login", "--token", stdin=api.token("stranger"))
    assert "eoscperf register" in done.stderr
    assert terminal.json("register")["email"] == "stranger@example.org"
    assert terminal.json("whoami")["email"] == "stranger@example.org"
    terminal("register", code=1)


def test_somebody_registers_while_logging_in(terminal, api):
    done = terminal("login", "--token", "--register", stdin=api.token("stranger"))
    assert "as stranger@example.org" in done.stderr


def test_a_server_without_log_in_says_what_to_do(terminal):
    assert "eoscperf login --token" in terminal("login", code=3).stderr


def test_a_ci_job_uploads_with_its_own_token(terminal, place, file, api, make, platform, monkeypatch):
    make.user("ann")
    asked = []

    def github(request):
        if request.url.host == "actions.example.org":
            asked.append(request)
            return httpx.Response(200, json={"value": api.token("ann")})
        if request.method == "GET":
            assert "Authorization" not in request.headers
        return platform.handle_request(request)

    terminal.settings["transport"] = httpx.MockTransport(github)
    monkeypatch.setattr("eoscperf.client.ci.httpx.Client", client_over(github))
    job = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://actions.example.org/token",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "job",
    }
    name = file("a.json", {"time": 1})
    assert terminal("results", "upload", name, *AT, "--oidc", "github", env=job).stderr == "1 created\n"
    assert asked[0].url.params["audience"]
    terminal("results", "upload", name, *AT, "--oidc", "github", code=3)
    env = {"EOSCPERF_ID_TOKEN": api.token("ann")}
    assert terminal("results", "upload", name, *AT, "--oidc", "gitlab", env=env).stderr == "1 duplicate\n"
    terminal("results", "upload", name, *AT, "--oidc", "gitlab", env={"EOSCPERF_ID_TOKEN": ""}, code=3)


def client_over(handler):
    real = httpx.Client

    def make(**options):
        return real(**(options | {"transport": httpx.MockTransport(handler)}))

    return make


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands(shell):
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert "_EOSCPERF_COMPLETE" in done.stdout


def test_the_version_is_told():
    assert CliRunner().invoke(main, ["--version"]).stdout.startswith("eoscperf 0.")


def test_every_command_explains_itself_and_takes_the_common_options():
    def commands(group, path):
        for name, command in group.commands.items():
            if isinstance(command, Group):
                yield from commands(command, [*path, name])
            else:
                yield [*path, name], command

    found = list(commands(main, []))
    assert len(found) > 40
    for path, command in found:
        done = CliRunner().invoke(main, [*path, "--help"])
        assert done.exit_code == 0, path
        assert command.help, path
        assert "--server URL" in done.stdout, path


def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path):
    command = (
        f"{sys.executable} -c 'from eoscperf.client.cli import main; main()' completion bash | head -n 1"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert Sessions(tmp_path).all() == []
