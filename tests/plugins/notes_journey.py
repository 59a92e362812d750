"""What a user and an operator do with the example plug-in; run in a process that has it installed.

python notes_journey.py INI with|without
"""

from __future__ import annotations

import json
import sys

import webtest
from click.testing import CliRunner
from pyramid import paster

from eoscperf.scripts.admin import main as admin


def command(ini: str, *words: str) -> str:
    result = CliRunner().invoke(admin, ["-c", ini, *words])
    assert result.exit_code == 0, result.output
    return result.stdout


def with_notes(ini: str) -> None:
    plugins = {plugin["name"]: plugin for plugin in json.loads(command(ini, "plugins", "--json"))}
    assert plugins["notes"]["enabled"]
    assert plugins["notes"]["capabilities"] == ["notes"]
    assert plugins["notes"]["distribution"] == "eoscperf-notes 1.0"
    command(ini, "db", "upgrade")
    command(ini, "db", "check")
    app = paster.get_app(ini)
    server = webtest.TestApp(app)
    tokens = {
        name: command(ini, "token", "--email", f"{name}@example.org", *more).strip()
        for name, more in {"ann": (), "bob": (), "root": ("--admin",)}.items()
    }

    def ask(
        method: str, path: str, who: str | None, body: object = None, status: int = 200
    ) -> webtest.TestResponse:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if who:
            headers["Authorization"] = f"Bearer {tokens[who]}"
        sent = json.dumps(body).encode() if body is not None else b""
        return server.request(f"/api/v1{path}", method=method, headers=headers, body=sent, status=status)

    for name in tokens:
        ask("POST", "/users:register", name, status=201)
    site = ask("POST", "/sites", "ann", {"name": "Hill", "address": "hill.example.org"}, 201).json["id"]
    # The subscriber in the transaction has left the first note.
    (welcome,) = ask("GET", f"/sites/{site}/notes", "ann").json["items"]
    assert welcome["text"] == "Be kind."
    ask("GET", f"/sites/{site}/notes", None, status=404)
    ask("POST", f"/sites/{site}:approve", "root", status=204)
    ask("POST", f"/sites/{site}/notes", None, {"text": "x"}, 401)
    ask("POST", f"/sites/{site}/notes", "bob", {"text": "x", "colour": "red"}, 422)
    written = ask("POST", f"/sites/{site}/notes", "bob", {"text": "Moving house.", "kind": "closed"}, 201)
    note = written.json["id"]
    assert written.headers["Location"].endswith(f"/notes/{note}")
    assert ask("GET", f"/sites/{site}/notes", None).json["total"] == 2
    flavor = ask("POST", f"/sites/{site}/flavors", "ann", {"name": "small"}, 201).json["id"]
    benchmark = ask(
        "POST",
        "/benchmarks",
        "ann",
        {"docker_image": "example/b", "docker_tag": "1", "json_schema": {"type": "object"}},
        201,
    ).json["id"]
    ask("POST", f"/flavors/{flavor}:approve", "root", status=204)
    ask("POST", f"/benchmarks/{benchmark}:approve", "root", status=204)
    upload = f"/results?execution_datetime=2024-01-01T00:00:00Z&benchmark_id={benchmark}&flavor_id={flavor}"
    refused = ask("POST", upload, "ann", {"t": 1}, 422).json
    assert "Hill takes no results now: Moving house." in refused["errors"][0]["detail"]
    ask("DELETE", f"/notes/{note}", "ann", status=403)
    ask("DELETE", f"/notes/{note}", "bob", status=204)
    ask("POST", upload, "ann", {"t": 1}, 201)
    assert "1 notes" in server.get("/").text
    assert "Users have left 1 notes" in server.get("/notes").text
    document = ask("GET", "/openapi.json", None).json
    assert "/notes/{note_id}" in document["paths"]
    assert "notes" in document["info"]["x-capabilities"]
    app.registry["eoscperf.bearer"].close()
    app.registry["dbengine"].dispose()
    command(ini, "db", "downgrade", "notes@base")


def without_notes(ini: str) -> None:
    plugins = [plugin["name"] for plugin in json.loads(command(ini, "plugins", "--json"))]
    assert "notes" not in plugins
    command(ini, "db", "upgrade")
    command(ini, "db", "check")
    app = paster.get_app(ini)
    server = webtest.TestApp(app)
    assert server.get("/api/v1/sites").json["total"] == 1
    server.get("/notes", status=404)
    server.get("/readyz")
    app.registry["eoscperf.bearer"].close()


if __name__ == "__main__":
    {"with": with_notes, "without": without_notes}[sys.argv[2]](sys.argv[1])
